import { z } from 'zod';

/**
 * Two shards that may be one, container `reviews`; one document a pair, whatever became of it. A rejection holds as long as the rules and both
 * shards' values are those that were rejected.
 */
export const mergeCandidateDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('merge-candidate'),
  schemaVersion: z.literal(1),
  shardTypeId: z.string(),
  state: z.enum(['open', 'accepted', 'rejected']),
  /** The older first: it would survive. */
  shardIds: z.tuple([z.string(), z.string()]),
  rule: z.string(),
  score: z.number(),
  /** Names what the rules do. */
  rules: z.string(),
  /** Over both shards' keys and forms. */
  values: z.string(),
  /** Why a rejected pair is proposed again. */
  reopened: z.enum(['rules-changed', 'values-changed']).optional(),
  mergeId: z.string().optional(),
  decidedBy: z.string().optional(),
  decidedAt: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type MergeCandidateDocument = z.infer<typeof mergeCandidateDocument>;
