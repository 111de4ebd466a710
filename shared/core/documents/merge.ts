import { z } from 'zod';
import { strategy } from '../../contracts/match-rules.ts';
import { matchRuleSet } from './match-rules.ts';
import { shardDocument } from './shard.ts';

/** Who a record goes to when a merge is undone, and why. */
export const linkAssignment = z.strictObject({
  linkId: z.string(),
  integrationId: z.string(),
  object: z.string(),
  externalId: z.string(),
  to: z.enum(['survivor', 'restored']),
  why: z.enum(['before-merge', 'asked', 'matches', 'default']),
});

/**
 * A merge of two shards, container `reviews`: a state machine that whoever finds it goes on with. `started` → `done` → `undoing` → `undone`;
 * `superseded` when the loser was merged by another one first.
 */
export const mergeDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('merge'),
  schemaVersion: z.literal(1),
  shardTypeId: z.string(),
  state: z.enum(['started', 'done', 'superseded', 'undoing', 'undone']),
  /** The older of the two; it may be merged away itself while this one is under way. */
  survivorId: z.string(),
  loserId: z.string(),
  /** The shard that took the loser's sources over, and the images of both before. */
  absorbed: z.strictObject({ by: z.string(), imageId: z.string(), loserImageId: z.string() }).optional(),
  trigger: z.enum(['rule', 'candidate', 'person', 'push']),
  /** The rule that found them, by its name. */
  rule: z.string().optional(),
  strategy: strategy.optional(),
  /** As they were when the merge began; absent when the shard type has none. */
  rules: matchRuleSet.optional(),
  actorId: z.string(),
  createdAt: z.string(),
  finishedAt: z.string().optional(),
  undo: z
    .strictObject({
      actorId: z.string(),
      at: z.string(),
      assignments: z.array(linkAssignment),
      finishedAt: z.string().optional(),
    })
    .optional(),
});

export type LinkAssignment = z.infer<typeof linkAssignment>;
export type MergeDocument = z.infer<typeof mergeDocument>;

/** A shard as it was before a merge touched it, container `journal`; `id` names the merge and the shard's version. */
export const shardImageDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  shardId: z.string(),
  kind: z.literal('merge-image'),
  schemaVersion: z.literal(1),
  image: shardDocument,
  at: z.string(),
});

export type ShardImageDocument = z.infer<typeof shardImageDocument>;
