import type { WritesDescription } from '../../shared/core/adapter-writes.ts';
import type { WriteSettings } from './write-settings.ts';

/** How many rounds of single writes make one push: each may take as long as a call, and a push is not ended in its midst. */
const roundsOfSingleWrites = 5;

const hourMs = 3_600_000;

/** What settings say can be written. */
export function describeWrites(writes: WriteSettings): WritesDescription {
  const { create, batch, condition, lookup, concurrency } = writes;
  return {
    create: create !== undefined,
    update: writes.update !== undefined,
    delete: writes.delete !== undefined,
    batchSize: batch?.size ?? concurrency * roundsOfSingleWrites,
    optimistic: condition !== undefined,
    ...(condition === undefined ? {} : { expects: condition === 'if-match' ? 'revision' : 'modifiedAt' }),
    idempotentCreate: create?.idempotencyHeader !== undefined,
    ...(create === undefined ? {} : { keyHoldsMs: create.idempotencyHours * hourMs }),
    ...(lookup === undefined ? {} : { findsCreated: { afterMs: lookup.afterMs } }),
  };
}
