import * as df from 'durable-functions';
import { bulkEnvelope, bulkWorkerEnvelope } from '../shared/core/bulk-envelope.ts';
import { finishBulk } from '../shared/use-cases/finish-bulk.ts';
import { planBulk } from '../shared/use-cases/plan-bulk.ts';
import { workOnPartition } from '../shared/use-cases/work-on-partition.ts';
import { getDeps } from './app.ts';

/** Cuts a run into partitions. */
df.app.activity('plan-bulk-sync', {
  handler: async (input: unknown) => planBulk(await getDeps(), bulkEnvelope.parse(input)),
});

/** Works on a partition that is free, a slice of pages a call. */
df.app.activity('work-on-partition', {
  handler: async (input: unknown) => workOnPartition(await getDeps(), bulkWorkerEnvelope.parse(input)),
});

/** Ends a run whose partitions have ended. */
df.app.activity('finish-bulk-sync', {
  handler: async (input: unknown) => finishBulk(await getDeps(), bulkEnvelope.parse(input)),
});
