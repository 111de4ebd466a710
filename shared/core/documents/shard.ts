import { z } from 'zod';
import { lastOutcome } from './link.ts';

/** One side that feeds a shard, with the base: what both sides last agreed on. Keyed by link id. */
export const shardSource = z.strictObject({
  integrationId: z.string(),
  object: z.string(),
  externalId: z.string(),
  /** The converted fields as this source last showed them. */
  externalBase: z.record(z.string(), z.json()),
  externalVersion: z.number().optional(),
  observed: z.strictObject({ fence: z.int(), page: z.int() }),
  deleted: z.boolean(),
  last: lastOutcome,
});

/** An internal record, container `shards`. */
export const shardDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  schemaVersion: z.literal(1),
  shardTypeId: z.string(),
  status: z.enum(['active', 'deleted']),
  revision: z.int(),
  data: z.record(z.string(), z.json()),
  /** Lower-cased text of the shard for the list's text filter. */
  text: z.string(),
  sources: z.record(z.string(), shardSource),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type ShardSource = z.infer<typeof shardSource>;
export type ShardDocument = z.infer<typeof shardDocument>;
