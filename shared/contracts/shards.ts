import { z } from 'zod';
import { fieldPath, instant, integrationId, shardId, shardTypeId, text } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const shard = z
  .strictObject({
    id: shardId,
    shardTypeId,
    status: z.enum(['active', 'deleted', 'archived']),
    revision: z.int(),
    data: z.record(z.string(), z.unknown()),
    mergedInto: shardId
      .optional()
      .describe(
        'The shard that was asked for was merged into this one, which is shown; absent when it was asked for itself',
      ),
    sources: z.array(z.strictObject({ integrationId, object: z.string(), externalId: z.string() })),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Shard' });

export const listShards = defineRoute({
  id: 'listShards',
  method: 'GET',
  path: 'tenant/shards',
  summary: 'Shards by type, text and field',
  tag: 'Shards',
  role: 'viewer',
  query: z
    .strictObject({
      ...pageQuery,
      type: shardTypeId.optional(),
      status: z.enum(['active', 'deleted', 'archived']).default('active'),
      text: text(100).optional().describe('Part of any text of the shard, in any case'),
      field: fieldPath.optional().describe('With `value`: a field that must equal it'),
      value: text(512, 0).optional(),
    })
    .refine((query) => (query.field === undefined) === (query.value === undefined), {
      error: 'must come with `value`',
      path: ['field'],
    }),
  success: { status: 200, body: pageOf(shard), description: 'A page, newest first' },
  problems: [],
});

const fieldName = /^[A-Za-z_][A-Za-z0-9_-]*$/;

const data = z
  .record(z.string().regex(fieldName, 'must be a field name such as "jobTitle"'), z.json())
  .describe("The shard's fields, as its shard type says");

export const createShard = defineRoute({
  id: 'createShard',
  method: 'POST',
  path: 'tenant/shards',
  summary: 'Create a shard; one that it matches by the match rules takes its values instead',
  tag: 'Shards',
  role: 'operator',
  idempotent: true,
  concurrency: 'answers-etag',
  body: z.strictObject({ shardTypeId, data }),
  success: { status: 201, body: shard, description: 'The shard, or the one that it joined' },
  problems: [],
});

export const getShard = defineRoute({
  id: 'getShard',
  method: 'GET',
  path: 'tenant/shards/{shardId}',
  summary: 'One shard; of one that was merged, the shard that it is now',
  tag: 'Shards',
  role: 'viewer',
  concurrency: 'answers-etag',
  params: z.strictObject({ shardId }),
  success: { status: 200, body: shard, description: 'The shard' },
  problems: ['not-found'],
});

export const updateShard = defineRoute({
  id: 'updateShard',
  method: 'PATCH',
  path: 'tenant/shards/{shardId}',
  summary: "Change a shard's fields; its records are changed where tasks push to them",
  tag: 'Shards',
  role: 'operator',
  idempotent: true,
  concurrency: 'optional',
  params: z.strictObject({ shardId }),
  body: z.strictObject({
    data: data.describe('A JSON Merge Patch (RFC 7396): what is not named stays, objects are merged, null removes'),
  }),
  success: { status: 200, body: shard, description: 'The shard as it is now' },
  problems: ['not-found', 'precondition-failed', 'wrong-state'],
});

export const deleteShard = defineRoute({
  id: 'deleteShard',
  method: 'DELETE',
  path: 'tenant/shards/{shardId}',
  summary: 'Delete a shard; its records are deleted where tasks that mirror deletions push to them',
  tag: 'Shards',
  role: 'operator',
  idempotent: true,
  concurrency: 'optional',
  params: z.strictObject({ shardId }),
  success: { status: 204, description: 'Deleted' },
  problems: ['not-found', 'precondition-failed'],
});
