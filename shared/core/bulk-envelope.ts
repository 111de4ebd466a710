import { z } from 'zod';
import { tenantId } from '../contracts/identifiers.ts';
import { traceparent } from './envelope.ts';

/** What the orchestration of a bulk run, and each of its activities, is given. */
export const bulkEnvelope = z.strictObject({
  tenantId,
  traceparent,
  executionId: z.string().min(1).max(64),
  generation: z.int().min(1),
});

export type BulkEnvelope = z.infer<typeof bulkEnvelope>;

/** The same for one of the run's workers, which work on partitions side by side. */
export const bulkWorkerEnvelope = bulkEnvelope.extend({ worker: z.int().min(0) });

export type BulkWorkerEnvelope = z.infer<typeof bulkWorkerEnvelope>;

/** The orchestration of one generation of a run; also the holder of its task. */
export function instanceIdOf({ executionId, generation }: Pick<BulkEnvelope, 'executionId' | 'generation'>): string {
  return `${executionId}.g${generation}`;
}

/** A worker of that orchestration; also the holder of the partition that it works on. */
export function workerIdOf(envelope: BulkWorkerEnvelope): string {
  return `${instanceIdOf(envelope)}.w${envelope.worker}`;
}

/** What a worker is to do next: work on, after a while; or nothing more, because nothing is left for it or the run was stopped. */
export interface BulkStep {
  readonly goesOn: boolean;
  readonly delayMs: number;
  /** For whoever looks at the orchestration. */
  readonly status: { readonly partition: number; readonly received: number } | null;
}

export interface BulkPlan {
  /** How many workers there shall be; none when there is nothing to do. */
  readonly workers: number;
  readonly partitions: number;
}
