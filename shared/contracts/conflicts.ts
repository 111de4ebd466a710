import { z } from 'zod';
import {
  conflictId,
  conflictResolutionId,
  fieldPath,
  instant,
  integrationId,
  shardId,
  shardTypeId,
  taskId,
} from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

const states = ['open', 'resolving', 'resolved', 'settled', 'expired', 'undoing'] as const;

const side = z
  .strictObject({
    value: z.unknown().optional().describe('Absent where the field is'),
    tooLargeBytes: z.int().optional().describe('Instead of a value that is too large to be shown'),
  })
  .meta({ id: 'ConflictSide' });

const origin = z
  .strictObject({
    from: z
      .enum(['source', 'decision', 'person', 'write', 'creation'])
      .describe('`write`: something else that wrote the shard, as a rollback'),
    id: z.string().describe('Link, conflict, request or execution'),
    integrationId: integrationId.optional(),
    actor: z.string().optional(),
    at: instant,
  })
  .meta({ id: 'ConflictOrigin' });

const take = z.enum(['ours', 'theirs']);

const conflictField = z
  .strictObject({
    field: z.string(),
    base: side.describe('Ours, when both sides last agreed'),
    baseThere: side.describe('Theirs, when both sides last agreed: providers write values their own way'),
    ours: side,
    theirs: side,
    proposed: z.strictObject({
      take: z.enum(['ours', 'theirs', 'value']),
      value: z.unknown().optional(),
      tooLargeBytes: z.int().optional(),
      by: z.enum(['merge', 'newest', 'most_complete']).describe('What says so'),
    }),
    version: z.string().describe('Over ours and theirs, for a decision about what was seen'),
    provenance: z.strictObject({
      ours: origin,
      theirs: z.strictObject({ integrationId, modifiedAt: z.string().optional(), version: z.number().optional() }),
    }),
  })
  .meta({ id: 'ConflictField' });

export const conflict = z
  .strictObject({
    id: conflictId,
    state: z.enum(states).describe('`settled`: it went away by itself; `expired`: the deadline decided'),
    kind: z.enum(['fields', 'deletion']),
    integrationId,
    object: z.string(),
    externalId: z.string(),
    shardId,
    shardTypeId,
    taskId: taskId.optional(),
    fields: z.array(conflictField).describe('As they are now, or as they were when they were decided about'),
    deletedWhere: z
      .enum(['here', 'there'])
      .optional()
      .describe('On which side the record was deleted; the other one edited it'),
    since: instant,
    openedAt: instant,
    closedAt: instant.optional(),
    reminders: z.int(),
    remindedAt: instant.optional(),
    escalatedAt: instant.optional(),
    decision: z
      .strictObject({
        by: z.enum(['person', 'resolution', 'deadline']),
        actor: z.string(),
        at: instant,
        fields: z.array(
          z.strictObject({
            field: z.string(),
            take: z.enum(['ours', 'theirs', 'value']),
            value: z.unknown().optional(),
          }),
        ),
        deletion: z.enum(['keep', 'delete']).optional(),
        resolutionId: conflictResolutionId.optional(),
        rule: z.boolean().describe("Whether it became the task's rule"),
        undone: z.strictObject({ actor: z.string(), at: instant }).optional(),
      })
      .optional(),
    updatedAt: instant,
  })
  .meta({ id: 'Conflict' });

/** Which conflicts are meant. */
const filters = {
  integrationId: integrationId.optional(),
  type: shardTypeId.optional(),
  kind: conflict.shape.kind.optional(),
  field: fieldPath.optional().describe('A field that is in conflict'),
  sinceBefore: instant.optional().describe('Those that have waited since before then'),
};

export const listConflicts = defineRoute({
  id: 'listConflicts',
  method: 'GET',
  path: 'tenant/conflicts',
  summary: 'What both sides changed, and people decide',
  tag: 'Conflicts',
  role: 'viewer',
  query: z.strictObject({
    ...pageQuery,
    ...filters,
    state: z.enum(states).default('open'),
    shardId: shardId.optional(),
    sinceAfter: instant.optional().describe('Those that have waited only since then'),
  }),
  success: { status: 200, body: pageOf(conflict), description: 'A page, newest first' },
  problems: [],
});

const conflictParams = z.strictObject({ conflictId });

export const getConflict = defineRoute({
  id: 'getConflict',
  method: 'GET',
  path: 'tenant/conflicts/{conflictId}',
  summary: 'One conflict, with both sides of each field',
  tag: 'Conflicts',
  role: 'viewer',
  concurrency: 'answers-etag',
  params: conflictParams,
  success: { status: 200, body: conflict, description: 'The conflict' },
  problems: ['not-found'],
});

const rule = z
  .boolean()
  .default(false)
  .describe("Whether it is to be the task's rule for these fields from now on; needs the role admin");

const deletion = z.enum(['keep', 'delete']).describe('Of a record that was deleted on one side');

export const resolveConflict = defineRoute({
  id: 'resolveConflict',
  method: 'POST',
  path: 'tenant/conflicts/{conflictId}/resolve',
  summary: 'Decide a conflict: about each of its fields, or whether its record is kept',
  tag: 'Conflicts',
  role: 'operator',
  idempotent: true,
  concurrency: 'optional',
  params: conflictParams,
  body: z
    .strictObject({
      fields: z
        .array(
          z
            .strictObject({
              field: fieldPath,
              take: z.enum(['ours', 'theirs', 'value']),
              value: z.unknown().optional().describe('With `take: value`: what both sides are to have'),
              version: z.string().max(64).optional().describe('Of the values that were seen'),
            })
            .refine((each) => (each.take === 'value') === (each.value !== undefined), {
              error: 'must be given with `take: value`, and only then',
              path: ['value'],
            }),
        )
        .min(1)
        .max(200)
        .refine((fields) => new Set(fields.map(({ field }) => field)).size === fields.length, 'must not name one twice')
        .optional(),
      deletion: deletion.optional(),
      rule,
    })
    .refine((body) => (body.fields === undefined) !== (body.deletion === undefined), {
      error: 'must be given unless `deletion` is',
      path: ['fields'],
    }),
  success: { status: 200, body: conflict, description: 'The conflict, decided' },
  problems: ['not-found', 'precondition-failed', 'conflict-changed', 'wrong-state'],
});

export const undoConflict = defineRoute({
  id: 'undoConflict',
  method: 'POST',
  path: 'tenant/conflicts/{conflictId}/undo',
  summary: 'Take a decision back: our values are what they were, and the conflict is open again',
  tag: 'Conflicts',
  role: 'operator',
  idempotent: true,
  params: conflictParams,
  success: { status: 200, body: conflict, description: 'The conflict, open' },
  problems: ['not-found', 'cannot-undo', 'wrong-state'],
});

export const conflictResolution = z
  .strictObject({
    id: conflictResolutionId,
    state: z.enum(['running', 'done']),
    resolved: z.int().describe('Conflicts that were decided'),
    left: z.int().describe('Conflicts that the decision did not fit, or that changed meanwhile'),
    reasons: z
      .array(z.strictObject({ conflictId, reason: z.string() }))
      .describe('Why conflicts were left, of the first hundred'),
    actor: z.string(),
    createdAt: instant,
    updatedAt: instant,
    finishedAt: instant.optional(),
  })
  .meta({ id: 'ConflictResolution' });

export const resolveConflicts = defineRoute({
  id: 'resolveConflicts',
  method: 'POST',
  path: 'tenant/conflict-resolutions',
  summary: 'Decide many conflicts alike, in the background',
  tag: 'Conflicts',
  role: 'operator',
  idempotent: true,
  body: z
    .strictObject({
      ids: z.array(conflictId).min(1).max(500).optional(),
      like: conflictId
        .optional()
        .describe('All open ones like this: of the same integration, object, shard type and fields'),
      filter: z.strictObject(filters).optional().describe('All open ones that it describes'),
      take: take.optional().describe('Of every field'),
      fields: z
        .array(z.strictObject({ field: fieldPath, take }))
        .min(1)
        .max(200)
        .optional()
        .describe('By field; a conflict with others is left'),
      deletion: deletion.optional(),
      rule,
    })
    .refine(({ ids, like, filter }) => [ids, like, filter].filter((each) => each !== undefined).length === 1, {
      error: 'must be given unless one of `like` and `filter` is',
      path: ['ids'],
    })
    .refine((body) => [body.take, body.fields, body.deletion].filter((each) => each !== undefined).length === 1, {
      error: 'must be given unless one of `fields` and `deletion` is',
      path: ['take'],
    }),
  success: { status: 202, body: conflictResolution, description: 'What has become of it so far' },
  problems: ['not-found'],
});

export const listConflictResolutions = defineRoute({
  id: 'listConflictResolutions',
  method: 'GET',
  path: 'tenant/conflict-resolutions',
  summary: 'Where many conflicts were decided alike',
  tag: 'Conflicts',
  role: 'viewer',
  query: z.strictObject(pageQuery),
  success: { status: 200, body: pageOf(conflictResolution), description: 'A page, newest first' },
  problems: [],
});

export const getConflictResolution = defineRoute({
  id: 'getConflictResolution',
  method: 'GET',
  path: 'tenant/conflict-resolutions/{resolutionId}',
  summary: 'How far a decision about many conflicts has come',
  tag: 'Conflicts',
  role: 'viewer',
  params: z.strictObject({ resolutionId: conflictResolutionId }),
  success: { status: 200, body: conflictResolution, description: 'What has become of it' },
  problems: ['not-found'],
});
