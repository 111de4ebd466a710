import { z } from 'zod';
import { leftReason } from '../../contracts/rollbacks.ts';
import { cause } from './cause.ts';

/** A shard that a rollback left as it is, container `executions`, same partition as the rollback. `id` comes from the shard, so that a repeated page writes it once. */
export const leftRecordDocument = z.strictObject({
  id: z.string(),
  executionId: z.string(),
  tenantId: z.string(),
  kind: z.literal('left-record'),
  schemaVersion: z.literal(1),
  shardId: z.string(),
  reason: leftReason,
  /** What wrote it, where that is why. */
  by: cause.optional(),
  at: z.string(),
});

export type LeftRecordDocument = z.infer<typeof leftRecordDocument>;
export type LeftReason = LeftRecordDocument['reason'];

export function leftRecordIdOf(shardId: string): string {
  return `left-${shardId}`;
}
