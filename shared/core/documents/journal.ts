import { z } from 'zod';
import { cause } from './cause.ts';
import { shardDocument } from './shard.ts';

const { status, data, mergedInto, updatedAt } = shardDocument.shape;

/**
 * A revision of a shard as it was before it was replaced, container `journal`, same partition as all of its shard. `id` names the shard, the revision and
 * what was about to replace it, so that repeats are one document and those of a shard are in the order of its revisions.
 */
export const journalDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  shardId: z.string(),
  kind: z.literal('before-image'),
  schemaVersion: z.literal(1),
  revision: z.int(),
  /** The write that was about to replace it. It may have failed or lost to another: what made the next revision is said by that one's own cause. */
  cause,
  /** What the revision was; its sources go on with the shard. Without a cause when it was written before causes were kept. */
  image: z.strictObject({ status, data, mergedInto, cause: cause.optional(), updatedAt }),
  at: z.string(),
});

export type JournalDocument = z.infer<typeof journalDocument>;
