import { z } from 'zod';

/** How an object was read from its very start: what a compare has to know. */
export const objectRead = z.strictObject({
  /** The first page of the read. */
  from: z.int(),
  /** The page after the last one; absent until the object was read to its end. */
  to: z.int().optional(),
  /** Of the worker that read the first page: a link that was looked at later than that may be newer than what the page showed. */
  fence: z.int(),
  /** Records that the provider gave, delete markers included. */
  records: z.int(),
  /** Records that could not be told: any of them may be one that is missing. */
  unidentified: z.int(),
  /** The least that the provider said there were, where it said so. */
  total: z.int().optional(),
});

/** What a run changes in shards that were there: how many it met, and how many of them lose a field's value or get one and the same. */
export const tally = z.strictObject({
  /** Records that had been here. */
  met: z.int(),
  /** Of these, how many are gone by the provider's delete marker. */
  deleted: z.int(),
  /** The changes met most often. */
  changes: z.array(
    z.strictObject({
      /** Dotted. */
      field: z.string(),
      /** Names the value that it becomes; absent for none. */
      to: z.string().optional(),
      records: z.int(),
    }),
  ),
});

/** The links of one object and shard type. */
const comparedFeed = z.strictObject({
  /** The provider's object. */
  object: z.string(),
  /** The link's object. */
  feed: z.string(),
  shardTypeId: z.string(),
  /** Links whose records had been there. */
  links: z.int(),
  missing: z.int(),
  /** Names the set of those that are missing, whatever their order. */
  digest: z.string(),
  /** How many documents list them. */
  batches: z.int(),
  /** Of these, how many have been worked on: deleted, or marked for when their records are seen again. */
  done: z.int(),
  deleted: z.int(),
  outcome: z.enum(['nothing', 'left', 'deleted', 'held', 'rejected']).optional(),
  /** Why it was left or held, in words. */
  reason: z.string().optional(),
  holdId: z.string().optional(),
});

export const comparison = z.strictObject({
  feeds: z.array(comparedFeed),
  /** Index of the feed that is worked on; equal to their number when all are done. */
  feed: z.int(),
  /** Which part of the links' ids is being listed, where one part does not fit into memory. */
  part: z.int(),
  /** The last link that was compared. */
  after: z.string().optional(),
  /** All links of the feed have been compared. */
  listed: z.boolean(),
});

/** Some of the links that a run found missing, container `executions`, same partition; written with the run that has gone past them, anew when more are added. */
export const missingDocument = z.strictObject({
  id: z.string(),
  executionId: z.string(),
  tenantId: z.string(),
  kind: z.literal('missing'),
  schemaVersion: z.literal(1),
  linkIds: z.array(z.string()),
  at: z.string(),
});

export type ObjectRead = z.infer<typeof objectRead>;
export type Tally = z.infer<typeof tally>;
export type ComparedFeed = z.infer<typeof comparedFeed>;
export type Comparison = z.infer<typeof comparison>;
export type MissingDocument = z.infer<typeof missingDocument>;

/** Where a list of missing links is kept. The read's fence tells it from another read of the same run: what was approved is what was listed then. */
export function missingIdOf({ feed, fence, batch }: { feed: number; fence: number; batch: number }): string {
  return `missing-${String(feed).padStart(4, '0')}-${fence}-${String(batch).padStart(8, '0')}`;
}
