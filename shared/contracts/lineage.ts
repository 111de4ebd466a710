import { z } from 'zod';
import { fieldChange, writeCause } from './causes.ts';
import { fieldPath, mergeId, shardId } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

const revision = z
  .strictObject({
    revision: z.int(),
    status: z.enum(['active', 'deleted', 'archived', 'merged']),
    cause: writeCause.optional().describe('What made it; absent when that was before causes were kept'),
    changes: z.array(fieldChange).describe('Against the revision before; of the first revision, all fields'),
    merge: z
      .strictObject({ mergeId, shardId: shardId.describe('The other shard: its history is its own') })
      .optional()
      .describe('Of a revision that a merge made'),
  })
  .meta({ id: 'ShardRevision' });

export const getShardHistory = defineRoute({
  id: 'getShardHistory',
  method: 'GET',
  path: 'tenant/shards/{shardId}/history',
  summary: 'The revisions of a shard: when, by what, and which fields from what to what',
  tag: 'Shards',
  role: 'viewer',
  params: z.strictObject({ shardId }),
  query: z.strictObject(pageQuery),
  success: {
    status: 200,
    body: pageOf(revision),
    description: 'A page, newest first; of a merged shard its own, up to the merge',
  },
  problems: ['not-found'],
});

export const explainField = defineRoute({
  id: 'explainField',
  method: 'GET',
  path: 'tenant/shards/{shardId}/fields/{field}/why',
  summary: 'Why a field of a shard has its value: which system, run, webhook or person set it, when, by which mapping',
  tag: 'Shards',
  role: 'viewer',
  params: z.strictObject({ shardId, field: fieldPath }),
  success: {
    status: 200,
    body: z
      .strictObject({
        shardId: shardId.describe('The shard that it is now, should the one that was asked for have been merged'),
        field: z.string(),
        value: z.unknown().optional().describe('Absent when the field has none'),
        trail: z
          .array(
            z.strictObject({
              shardId,
              revision: z.int(),
              cause: writeCause.optional().describe('Absent when that was before causes were kept'),
            }),
          )
          .describe(
            'What gave it the value, newest first: one step, unless a rollback or a merge brought a value back or over that something else had set before',
          ),
      })
      .meta({ id: 'FieldExplanation' }),
    description: 'The value and where it comes from',
  },
  problems: ['not-found'],
});
