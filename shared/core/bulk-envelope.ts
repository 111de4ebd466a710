import { z } from 'zod';
import { tenantId } from '../contracts/identifiers.ts';
import { traceparent } from './envelope.ts';

/** What an orchestration of a bulk run, and each of its activities, is given. */
export const bulkEnvelope = z.strictObject({
  tenantId,
  traceparent,
  executionId: z.string().min(1).max(64),
  generation: z.int().min(1),
});

export type BulkEnvelope = z.infer<typeof bulkEnvelope>;

export const partitionEnvelope = bulkEnvelope.extend({ partition: z.int().min(0) });

export type PartitionEnvelope = z.infer<typeof partitionEnvelope>;

/** The orchestration of one generation of a run; also the holder of its task. */
export function instanceIdOf({ executionId, generation }: Pick<BulkEnvelope, 'executionId' | 'generation'>): string {
  return `${executionId}.g${generation}`;
}

/** What the orchestration is to do next with a partition. */
export type PartitionStep =
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'done' }
  /** The run was stopped, or another orchestration has it. */
  | { readonly kind: 'stop' };

export type BulkPlan =
  | { readonly kind: 'work'; readonly open: readonly number[]; readonly partitions: number; readonly width: number }
  | { readonly kind: 'stop' };
