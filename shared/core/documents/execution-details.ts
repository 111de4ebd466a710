import { z } from 'zod';
import { logEvent, logLevel } from '../../contracts/execution-details.ts';

/**
 * Something that happened to a run, container `executions`, same partition. A change of state is written in the same transaction as the run,
 * with `from` and `to` in its data.
 */
export const logDocument = z.strictObject({
  id: z.string(),
  executionId: z.string(),
  /** The run; the same as `executionId`, unless it happened to a partition. */
  runId: z.string(),
  tenantId: z.string(),
  kind: z.literal('log'),
  schemaVersion: z.literal(1),
  at: z.string(),
  level: logLevel,
  event: logEvent,
  /** In words for people; never a secret. */
  message: z.string(),
  actor: z.strictObject({ kind: z.enum(['user', 'api-key', 'system']), id: z.string() }),
  data: z.record(z.string(), z.json()).optional(),
});

export type LogDocument = z.infer<typeof logDocument>;

/**
 * A record that a run set aside, container `executions`, same partition. Its id comes from what it is, so that a repeated page writes it once.
 * With `record` it can be tried again without asking the provider.
 */
export const failedRecordDocument = z.strictObject({
  id: z.string(),
  executionId: z.string(),
  tenantId: z.string(),
  kind: z.literal('failed-record'),
  schemaVersion: z.literal(1),
  state: z.enum(['failed', 'resolved']),
  object: z.string(),
  shardTypeId: z.string(),
  /** Absent when the record could not even be identified. */
  externalId: z.string().optional(),
  reason: z.string(),
  page: z.int(),
  /** The provider's record as it came; absent when it is too large or could not be identified. */
  record: z.record(z.string(), z.json()).optional(),
  version: z.number().optional(),
  modifiedAt: z.string().optional(),
  /** Where it was seen: a newer look at the record is not undone by trying it again. */
  seen: z.strictObject({ fence: z.int(), page: z.int() }),
  /** The run in which it was taken after all. */
  resolvedBy: z.string().optional(),
  at: z.string(),
});

export type FailedRecordDocument = z.infer<typeof failedRecordDocument>;
