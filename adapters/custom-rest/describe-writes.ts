import type { WritesDescription } from '../../shared/core/adapter-writes.ts';
import type { WriteSettings } from './write-settings.ts';

/** How many rounds of single writes make one push: each may take as long as a call, and a push is not ended in its midst. */
const roundsOfSingleWrites = 5;

/** What settings say can be written. */
export function describeWrites(writes: WriteSettings): WritesDescription {
  const { batch, lookup, concurrency } = writes;
  return {
    create: writes.create !== undefined,
    update: writes.update !== undefined,
    delete: writes.delete !== undefined,
    batchSize: batch?.size ?? concurrency * roundsOfSingleWrites,
    optimistic: writes.condition !== undefined,
    idempotentCreate: writes.create?.idempotencyHeader !== undefined,
    ...(lookup === undefined ? {} : { findsCreated: { afterMs: lookup.afterMs } }),
  };
}
