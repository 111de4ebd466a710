import { z } from 'zod';
import { bulkSetting, objectMapping, schedule } from '../../contracts/tasks.ts';

/** A sync task, container `config`. `revision` is part of every link's hash, so that a changed mapping re-applies records. */
export const taskDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('task'),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  name: z.string(),
  mode: z.enum(['full', 'incremental']),
  objects: z.array(objectMapping),
  schedule,
  enabled: z.boolean(),
  pageSize: z.int(),
  lookBackSeconds: z.int(),
  bulk: bulkSetting.default('auto'),
  deletions: z.enum(['ignore', 'mirror']),
  /** Per object, mapping and settings: up to which instant of the provider's clock everything is durably applied. */
  watermarks: z.record(z.string(), z.string()),
  /** Keyed as the watermarks: how many records the last full read of the object brought. */
  sizes: z.record(z.string(), z.int()).optional(),
  nextRunAt: z.string().optional(),
  lastExecutionId: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type TaskDocument = z.infer<typeof taskDocument>;
