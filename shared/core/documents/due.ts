import { z } from 'zod';

/**
 * Something the clock must look at, container `due`: the only documents read across tenants, through one system-wide port.
 * `schedule` starts a task's next run; `watch` looks after a run in progress.
 */
export const dueDocument = z.strictObject({
  id: z.string(),
  bucket: z.string(),
  schemaVersion: z.literal(1),
  kind: z.enum(['schedule', 'watch']),
  tenantId: z.string(),
  integrationId: z.string(),
  taskId: z.string(),
  executionId: z.string().optional(),
  dueAt: z.string(),
});

export type DueDocument = z.infer<typeof dueDocument>;

/** An integration whose health is to be looked at, container `due`, in buckets of its own: each integration has one at all times. */
export const healthDueDocument = z.strictObject({
  id: z.string(),
  bucket: z.string(),
  schemaVersion: z.literal(1),
  kind: z.literal('health'),
  tenantId: z.string(),
  integrationId: z.string(),
  dueAt: z.string(),
});

export type HealthDueDocument = z.infer<typeof healthDueDocument>;
