import { z } from 'zod';
import { instant, shardId, shardTypeId, text } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

const jsonSchema = z
  .record(z.string(), z.unknown())
  .describe('JSON Schema 2020-12 of an object. `$ref` only to `#/$defs/…`; `pattern` in RE2 syntax');

const shardType = z
  .strictObject({
    id: shardTypeId,
    name: z.string(),
    builtIn: z.boolean(),
    version: z.int().describe('The newest, which holds'),
    schema: jsonSchema,
    createdAt: instant.optional(),
    updatedAt: instant.optional(),
  })
  .meta({ id: 'ShardType' });

const summary = shardType.omit({ schema: true }).meta({ id: 'ShardTypeSummary' });

const params = z.strictObject({ shardTypeId });
const tag = 'Shard types';

export const listShardTypes = defineRoute({
  id: 'listShardTypes',
  method: 'GET',
  path: 'tenant/shard-types',
  summary: 'The shard types: built-in ones and your own',
  tag,
  role: 'viewer',
  query: z.strictObject(pageQuery),
  success: { status: 200, body: pageOf(summary), description: 'A page, by id backwards' },
  problems: [],
});

export const createShardType = defineRoute({
  id: 'createShardType',
  method: 'POST',
  path: 'tenant/shard-types',
  summary: 'Create a shard type of your own',
  tag,
  role: 'admin',
  idempotent: true,
  concurrency: 'answers-etag',
  body: z.strictObject({ id: shardTypeId, name: text(120), schema: jsonSchema }),
  success: { status: 201, body: shardType, description: 'The shard type' },
  problems: ['already-exists'],
});

export const getShardType = defineRoute({
  id: 'getShardType',
  method: 'GET',
  path: 'tenant/shard-types/{shardTypeId}',
  summary: 'One shard type with the version that holds',
  tag,
  role: 'viewer',
  concurrency: 'answers-etag',
  params,
  success: { status: 200, body: shardType, description: 'The shard type' },
  problems: ['not-found'],
});

export const updateShardType = defineRoute({
  id: 'updateShardType',
  method: 'PATCH',
  path: 'tenant/shard-types/{shardTypeId}',
  summary:
    'Rename a shard type, or add a version of it, which holds from the next run on; a built-in one becomes your own',
  tag,
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params,
  body: z
    .strictObject({ name: text(120).optional(), schema: jsonSchema.optional() })
    .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field'),
  success: { status: 200, body: shardType, description: 'The shard type as it is now' },
  problems: ['not-found', 'precondition-failed'],
});

export const deleteShardType = defineRoute({
  id: 'deleteShardType',
  method: 'DELETE',
  path: 'tenant/shard-types/{shardTypeId}',
  summary: 'Remove a shard type that nothing uses; a built-in one becomes what it was',
  tag,
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params,
  success: { status: 204, description: 'Removed' },
  problems: ['not-found', 'precondition-failed', 'in-use'],
});

export const listShardTypeVersions = defineRoute({
  id: 'listShardTypeVersions',
  method: 'GET',
  path: 'tenant/shard-types/{shardTypeId}/versions',
  summary: 'The versions of a shard type, each with what it says',
  tag,
  role: 'viewer',
  params,
  query: z.strictObject(pageQuery),
  success: {
    status: 200,
    body: pageOf(
      z
        .strictObject({ version: z.int(), schema: jsonSchema, createdAt: instant.optional() })
        .meta({ id: 'ShardTypeVersion' }),
    ),
    description: 'A page, newest first',
  },
  problems: ['not-found'],
});

export const checkShardType = defineRoute({
  id: 'checkShardType',
  method: 'POST',
  path: 'tenant/shard-types/{shardTypeId}/check',
  summary: 'Which shards would not fit a changed shard type; a thousand at a time',
  tag,
  role: 'operator',
  params,
  body: z.strictObject({
    schema: jsonSchema.optional().describe('The version that holds unless given'),
    cursor: pageQuery.cursor,
  }),
  success: {
    status: 200,
    body: z
      .strictObject({
        checked: z.int(),
        unfit: z.array(
          z.strictObject({
            shardId,
            errors: z.array(z.strictObject({ field: z.string(), message: z.string() })),
          }),
        ),
        nextCursor: z.string().optional().describe('Where to go on; absent when all shards were checked'),
      })
      .meta({ id: 'ShardTypeCheck' }),
    description: 'The shards that would not fit',
  },
  problems: ['not-found'],
});
