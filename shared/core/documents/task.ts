import { z } from 'zod';

import {
  bulkSetting,
  defaultHoldThresholds,
  deletionPolicy,
  holdThresholds,
  schedule,
  taskDirection,
  taskObject,
} from '../../contracts/tasks.ts';
import { storedConflictSettings } from './conflict-settings.ts';

/** A sync task, container `config`. */
export const taskDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('task'),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  name: z.string(),
  direction: taskDirection.default('pull'),
  creates: z.boolean().default(true),
  conflicts: storedConflictSettings,
  mode: z.enum(['full', 'incremental']),
  objects: z.array(taskObject),
  schedule,
  enabled: z.boolean(),
  pageSize: z.int(),
  lookBackSeconds: z.int(),
  bulk: bulkSetting.default('auto'),
  deletions: deletionPolicy,
  holds: holdThresholds.default(defaultHoldThresholds),
  /** Per object, mapping and settings: up to which instant of the provider's clock everything is durably applied. */
  watermarks: z.record(z.string(), z.string()),
  /** Keyed as the watermarks: how many records the last full read of the object brought. */
  sizes: z.record(z.string(), z.int()).optional(),
  /** Keyed as the watermarks: the objects that were read whole. Only then can a shard be known to have no record there. */
  pulled: z.record(z.string(), z.literal(true)).optional(),
  nextRunAt: z.string().optional(),
  lastExecutionId: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type TaskDocument = z.infer<typeof taskDocument>;
