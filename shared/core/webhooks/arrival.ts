import { composeId } from '../ids.ts';

/** Arrivals sort by time: before this one came all those before an instant. */
export function arrivalAt(atMs: number): string {
  return composeId('arrival', Math.max(0, atMs), new Uint8Array(10));
}
