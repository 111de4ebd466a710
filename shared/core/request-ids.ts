import { createHash } from 'node:crypto';
import type { IdKind } from '../contracts/identifiers.ts';
import { composeId } from './ids.ts';

/**
 * Makes the ids of one request, the same in every try of it: each depends on the request's key, the instant of its first try, the kind, and how
 * many of the kind were made before.
 */
export function deriveIds(requestKey: string, firstTryMs: number): (kind: IdKind) => string {
  const made = new Map<IdKind, number>();
  return (kind) => {
    const count = made.get(kind) ?? 0;
    made.set(kind, count + 1);
    const bits = createHash('sha256').update(`${requestKey} ${firstTryMs} ${kind} ${count}`).digest();
    return composeId(kind, firstTryMs, bits);
  };
}
