import type { z } from 'zod';
import type { event } from '../contracts/events.ts';
import type { EventDocument } from './documents/event.ts';

/** A stored event as the API shows it. */
export function describeEvent({ id, type, version, at, subject, data }: EventDocument): z.infer<typeof event> {
  return { id, type, version: version ?? 1, at, subject, data };
}
