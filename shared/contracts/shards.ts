import { z } from 'zod';
import { fieldPath, instant, integrationId, shardId, shardTypeId, text } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const shard = z
  .strictObject({
    id: shardId,
    shardTypeId,
    status: z.enum(['active', 'deleted']),
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
      status: z.enum(['active', 'deleted']).default('active'),
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
