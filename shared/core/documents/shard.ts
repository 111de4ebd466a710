import { z } from 'zod';
import { cause } from './cause.ts';
import { lastOutcome } from './link.ts';

/** One side that feeds a shard, with the base: what both sides last agreed on. Keyed by link id. */
export const shardSource = z.strictObject({
  integrationId: z.string(),
  object: z.string(),
  externalId: z.string(),
  /** The converted fields as this source last showed them. */
  externalBase: z.record(z.string(), z.json()),
  externalVersion: z.number().optional(),
  /** The provider's time of modification, by which the newest of several sources is told. */
  modifiedAt: z.string().optional(),
  observed: z.strictObject({ fence: z.int(), page: z.int() }),
  deleted: z.boolean(),
  last: lastOutcome,
});

/**
 * An internal record, container `shards`. One that was merged into another stays as an empty tombstone: `merged`, it forwards to a shard with a
 * smaller id, so that forwarding ends.
 */
export const shardDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  schemaVersion: z.literal(1),
  shardTypeId: z.string(),
  status: z.enum(['active', 'deleted', 'merged']),
  /** Moves forward exactly when `data` or `status` change. */
  revision: z.int(),
  /** What made it the revision that it is; absent in shards that were written before causes were kept. */
  cause: cause.optional(),
  /** `cause.id` of the write that created it: an execution, where a run did. */
  createdIn: z.string().optional(),
  data: z.record(z.string(), z.json()),
  /** Lower-cased text of the shard for the list's text filter. */
  text: z.string(),
  sources: z.record(z.string(), shardSource),
  mergedInto: z.string().optional(),
  /** The merge that made this a tombstone, and its image before; absent when there was nothing in it to be taken over. */
  buried: z.strictObject({ mergeId: z.string(), imageId: z.string() }).optional(),
  /** Tombstones whose sources are here: by which shard they were taken over, and the image of that one before. */
  absorbed: z.array(z.strictObject({ shardId: z.string(), by: z.string(), imageId: z.string() })).optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type ShardSource = z.infer<typeof shardSource>;
export type ShardDocument = z.infer<typeof shardDocument>;
