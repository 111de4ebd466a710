import { z } from 'zod';
import { instant, mergeCandidateId, mergeId, originId, shardId, shardTypeId } from './identifiers.ts';
import { strategy } from './match-rules.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

const assignment = z.strictObject({
  link: z.string().describe('Names the record in `assign`'),
  integrationId: originId.describe('`api` for a record that was made through this API'),
  object: z.string(),
  externalId: z.string(),
  to: z.enum(['survivor', 'restored']).describe('Who gets the record, its link and its keys'),
  why: z
    .enum(['before-merge', 'asked', 'matches', 'default'])
    .describe(
      'Its shard before the merge; or acquired since: as asked, the side that it matches more, or the survivor',
    ),
});

export const merge = z
  .strictObject({
    id: mergeId,
    shardTypeId,
    state: z
      .enum(['started', 'done', 'superseded', 'undoing', 'undone'])
      .describe('`superseded`: another merge took the shard first'),
    survivorId: shardId,
    mergedId: shardId.describe('The shard that went into the survivor; its id still answers'),
    trigger: z.enum(['rule', 'candidate', 'person', 'push']),
    rule: z.string().optional(),
    actor: z.string(),
    createdAt: instant,
    finishedAt: instant.optional(),
    undo: z.strictObject({ actor: z.string(), at: instant, assignments: z.array(assignment) }).optional(),
  })
  .meta({ id: 'Merge' });

export const mergeShard = defineRoute({
  id: 'mergeShard',
  method: 'POST',
  path: 'tenant/shards/{shardId}/merge',
  summary: 'Make two shards one; the older one stays, both ids answer',
  tag: 'Identity',
  role: 'operator',
  idempotent: true,
  params: z.strictObject({ shardId }),
  body: z.strictObject({
    with: shardId.describe('The other shard, of the same type'),
    strategy: strategy.exclude(['manual_review']).optional().describe("Instead of the match rules' strategy"),
  }),
  success: { status: 200, body: merge, description: 'The merge' },
  problems: ['not-found', 'already-merged'],
});

export const listMerges = defineRoute({
  id: 'listMerges',
  method: 'GET',
  path: 'tenant/merges',
  summary: 'Merges of shards',
  tag: 'Identity',
  role: 'viewer',
  query: z.strictObject({ ...pageQuery, type: shardTypeId.optional(), state: merge.shape.state.optional() }),
  success: { status: 200, body: pageOf(merge), description: 'A page, newest first' },
  problems: [],
});

const mergeParams = z.strictObject({ mergeId });

export const getMerge = defineRoute({
  id: 'getMerge',
  method: 'GET',
  path: 'tenant/merges/{mergeId}',
  summary: 'One merge',
  tag: 'Identity',
  role: 'viewer',
  params: mergeParams,
  success: { status: 200, body: merge, description: 'The merge' },
  problems: ['not-found'],
});

export const undoMerge = defineRoute({
  id: 'undoMerge',
  method: 'POST',
  path: 'tenant/merges/{mergeId}/undo',
  summary: 'Make two shards of one again, and never merge them by rule unless rules or values change',
  tag: 'Identity',
  role: 'operator',
  idempotent: true,
  params: mergeParams,
  body: z
    .strictObject({
      preview: z.boolean().default(false).describe('Only says who would get what'),
      assign: z
        .record(z.string().max(64), z.enum(['survivor', 'restored']))
        .default({})
        .describe('Who gets records that were acquired since the merge, by `link`'),
    })
    .optional(),
  success: { status: 200, body: merge, description: 'The merge, with who gets which record' },
  problems: ['not-found', 'cannot-undo'],
});

export const mergeCandidate = z
  .strictObject({
    id: mergeCandidateId,
    shardTypeId,
    state: z.enum(['open', 'accepted', 'rejected']),
    shardIds: z.array(shardId).describe('The first would survive'),
    rule: z.string(),
    score: z.number(),
    reopened: z
      .enum(['rules-changed', 'values-changed'])
      .optional()
      .describe('Why a pair that was rejected is proposed again'),
    mergeId: mergeId.optional(),
    decidedBy: z.string().optional(),
    decidedAt: instant.optional(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'MergeCandidate' });

const candidateParams = z.strictObject({ candidateId: mergeCandidateId });

export const listMergeCandidates = defineRoute({
  id: 'listMergeCandidates',
  method: 'GET',
  path: 'tenant/merge-candidates',
  summary: 'Pairs of shards that may be one',
  tag: 'Identity',
  role: 'viewer',
  query: z.strictObject({
    ...pageQuery,
    type: shardTypeId.optional(),
    state: mergeCandidate.shape.state.default('open'),
  }),
  success: { status: 200, body: pageOf(mergeCandidate), description: 'A page, newest shards first' },
  problems: [],
});

export const getMergeCandidate = defineRoute({
  id: 'getMergeCandidate',
  method: 'GET',
  path: 'tenant/merge-candidates/{candidateId}',
  summary: 'One pair',
  tag: 'Identity',
  role: 'viewer',
  concurrency: 'answers-etag',
  params: candidateParams,
  success: { status: 200, body: mergeCandidate, description: 'The pair' },
  problems: ['not-found'],
});

export const acceptMergeCandidate = defineRoute({
  id: 'acceptMergeCandidate',
  method: 'POST',
  path: 'tenant/merge-candidates/{candidateId}/accept',
  summary: 'They are one: merge them',
  tag: 'Identity',
  role: 'operator',
  idempotent: true,
  concurrency: 'optional',
  params: candidateParams,
  success: { status: 200, body: mergeCandidate, description: 'The pair, with its merge' },
  problems: ['not-found', 'precondition-failed'],
});

export const rejectMergeCandidate = defineRoute({
  id: 'rejectMergeCandidate',
  method: 'POST',
  path: 'tenant/merge-candidates/{candidateId}/reject',
  summary: 'They are two; remembered until the rules or their values change',
  tag: 'Identity',
  role: 'operator',
  idempotent: true,
  concurrency: 'optional',
  params: candidateParams,
  success: { status: 200, body: mergeCandidate, description: 'The pair' },
  problems: ['not-found', 'precondition-failed', 'already-merged'],
});
