import { z } from 'zod';
import { conflictSettings } from './conflict-policy.ts';
import {
  conversionSchemaId,
  executionId,
  instant,
  integrationId,
  objectName,
  shardTypeId,
  taskId,
  text,
} from './identifiers.ts';
import { fieldRule } from './mapping.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

/** When a run's objects are read in partitions side by side, by an orchestration. */
export const bulkSetting = z.enum(['auto', 'always', 'never']);

/** What a task reads, and how it is converted: by fields of its own, or by the published version of a conversion schema. */
export const taskObject = z.union([
  z.strictObject({ object: objectName, shardTypeId, fields: z.array(fieldRule).min(1).max(200) }),
  z.strictObject({ object: objectName, conversionSchemaId }),
]);

type TaskObject = z.infer<typeof taskObject>;

export const schedule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('manual') }),
  z.strictObject({
    kind: z.literal('interval'),
    everySeconds: z
      .int()
      .min(60)
      .max(31 * 86_400),
  }),
  z.strictObject({
    kind: z.literal('cron'),
    expression: text(120).describe('Five fields: minute hour day month weekday'),
    timeZone: text(64).default('UTC').describe('IANA name, for example `Europe/Ljubljana`'),
  }),
]);

export const taskDirection = z.enum(['pull', 'push', 'bidirectional']);

/** What becomes of a shard whose last record is gone at the provider. */
export const deletionPolicy = z.enum(['ignore', 'mirror', 'archive']);

const share = z.number().min(0).max(1);

const thresholdFields = {
  deletedRecords: z.int().min(0).max(1_000_000).describe('More deletions of one object than this are held'),
  deletedShare: share.describe(
    'Deletions of a larger share of one object than this are held; fewer than five are not, unless nothing would be left',
  ),
  overwrittenRecords: z.int().min(1).max(1_000_000).describe('A change of fewer records than this is not held'),
  overwrittenShare: share.describe(
    'A change of a larger share of records than this is held, where the same field loses its value or gets one and the same',
  ),
};

/** How much a run may do at once before people are asked. */
export const holdThresholds = z.strictObject(thresholdFields).meta({ id: 'HoldThresholds' });

export const defaultHoldThresholds: z.infer<typeof holdThresholds> = {
  deletedRecords: 100,
  deletedShare: 0.2,
  overwrittenRecords: 50,
  overwrittenShare: 0.3,
};

const taskFields = {
  name: text(120),
  direction: taskDirection.describe(
    '`pull` takes what the provider has, `push` writes shards there, `bidirectional` does both. What changes here is pushed as it changes',
  ),
  creates: z
    .boolean()
    .describe(
      'When it pushes: whether shards without a record there get one. A bidirectional task begins to once it has read the object whole',
    ),
  conflicts: conflictSettings.describe('How fields that both sides changed are settled, when it pushes'),
  mode: z
    .enum(['full', 'incremental'])
    .describe('`incremental` reads what changed since the last run; its first run is full'),
  objects: z.array(taskObject).min(1).max(20),
  schedule,
  enabled: z.boolean(),
  pageSize: z.int().min(1).max(1000),
  lookBackSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .describe('How far an incremental run reaches back behind its watermark for late rows'),
  bulk: bulkSetting.describe(
    'Whether objects are read in partitions side by side: `auto` does so for runs that are expected to be large',
  ),
  deletions: deletionPolicy.describe(
    "What a provider's delete marker, or a record's absence from a complete full read, does to the shard: `mirror` marks it deleted, `archive` archived; " +
      'its data is kept, and it is active again when the record is seen again. With `mirror`, a task that pushes deletes the record of a deleted shard',
  ),
  holds: holdThresholds,
};

export const task = z
  .strictObject({
    id: taskId,
    integrationId,
    ...taskFields,
    nextRunAt: instant.optional(),
    lastExecutionId: executionId.optional(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Task' });

const integrationParams = z.strictObject({ integrationId });
const taskParams = z.strictObject({ integrationId, taskId });

const uniqueObjects = (objects: readonly TaskObject[]) =>
  new Set(objects.map((each) => ('fields' in each ? `${each.object} ${each.shardTypeId}` : each.conversionSchemaId)))
    .size === objects.length;

export const createTaskBody = z.strictObject({
  name: taskFields.name,
  direction: taskFields.direction.default('pull'),
  mode: taskFields.mode.default('incremental'),
  objects: taskFields.objects.refine(
    uniqueObjects,
    'must not feed one shard type from one object twice, or name one conversion schema twice',
  ),
  schedule: taskFields.schedule.default({ kind: 'manual' }),
  enabled: taskFields.enabled.default(true),
  pageSize: taskFields.pageSize.default(500),
  lookBackSeconds: taskFields.lookBackSeconds.default(120),
  bulk: taskFields.bulk.default('auto'),
  deletions: taskFields.deletions.default('ignore'),
  creates: taskFields.creates.default(true),
  conflicts: taskFields.conflicts.prefault({}),
  holds: z
    .strictObject({
      deletedRecords: thresholdFields.deletedRecords.default(defaultHoldThresholds.deletedRecords),
      deletedShare: thresholdFields.deletedShare.default(defaultHoldThresholds.deletedShare),
      overwrittenRecords: thresholdFields.overwrittenRecords.default(defaultHoldThresholds.overwrittenRecords),
      overwrittenShare: thresholdFields.overwrittenShare.default(defaultHoldThresholds.overwrittenShare),
    })
    .default(defaultHoldThresholds),
});

export const listTasks = defineRoute({
  id: 'listTasks',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/tasks',
  summary: 'The sync tasks of an integration',
  tag: 'Tasks',
  role: 'viewer',
  params: integrationParams,
  query: z.strictObject(pageQuery),
  success: { status: 200, body: pageOf(task), description: 'A page, newest first' },
  problems: ['not-found'],
});

export const createTask = defineRoute({
  id: 'createTask',
  method: 'POST',
  path: 'tenant/integrations/{integrationId}/tasks',
  summary: 'Create a sync task',
  tag: 'Tasks',
  role: 'admin',
  idempotent: true,
  concurrency: 'answers-etag',
  params: integrationParams,
  body: createTaskBody,
  success: { status: 201, body: task, description: 'The task' },
  problems: ['not-found'],
});

export const getTask = defineRoute({
  id: 'getTask',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/tasks/{taskId}',
  summary: 'One sync task',
  tag: 'Tasks',
  role: 'viewer',
  concurrency: 'answers-etag',
  params: taskParams,
  success: { status: 200, body: task, description: 'The task' },
  problems: ['not-found'],
});

export const updateTask = defineRoute({
  id: 'updateTask',
  method: 'PATCH',
  path: 'tenant/integrations/{integrationId}/tasks/{taskId}',
  summary: 'Change a sync task; a run in progress keeps what it started with',
  tag: 'Tasks',
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params: taskParams,
  body: z
    .strictObject({
      name: taskFields.name.optional(),
      mode: taskFields.mode.optional(),
      objects: taskFields.objects
        .refine(
          uniqueObjects,
          'must not feed one shard type from one object twice, or name one conversion schema twice',
        )
        .optional(),
      schedule: taskFields.schedule.optional(),
      enabled: taskFields.enabled.optional(),
      pageSize: taskFields.pageSize.optional(),
      lookBackSeconds: taskFields.lookBackSeconds.optional(),
      bulk: taskFields.bulk.optional(),
      deletions: taskFields.deletions.optional(),
      direction: taskFields.direction.optional(),
      creates: taskFields.creates.optional(),
      conflicts: taskFields.conflicts.optional(),
      holds: z.strictObject(thresholdFields).partial().optional(),
    })
    .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field'),
  success: { status: 200, body: task, description: 'The task as it is now' },
  problems: ['not-found', 'precondition-failed'],
});

export const deleteTask = defineRoute({
  id: 'deleteTask',
  method: 'DELETE',
  path: 'tenant/integrations/{integrationId}/tasks/{taskId}',
  summary: 'Remove a sync task; shards and links stay',
  tag: 'Tasks',
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params: taskParams,
  success: { status: 204, description: 'Removed' },
  problems: ['not-found', 'precondition-failed', 'already-running'],
});
