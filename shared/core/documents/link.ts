import { z } from 'zod';

/** The first result of a record in a run. A repeat of the same page returns it instead of counting again. */
export const lastOutcome = z.strictObject({
  executionId: z.string(),
  page: z.int(),
  outcome: z.enum(['created', 'updated', 'unchanged', 'conflicted']),
});

/**
 * The tie between a shard and one external record, container `links`. `id` = hash(integration, object, external id, shard type).
 * Created `pending` before the shard, `settled` after it; only a settled link's `hash` says "unchanged".
 */
export const linkDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  object: z.string(),
  externalId: z.string(),
  shardTypeId: z.string(),
  shardId: z.string(),
  state: z.enum(['pending', 'settled']),
  /** Hash over the converted values and the versions of what converted them. */
  hash: z.string().optional(),
  /** The provider's version of the record that was applied; moves only forward. */
  version: z.number().optional(),
  /** Which observation was applied: a later fence, then a later page, is newer. */
  observed: z.strictObject({ fence: z.int(), page: z.int() }),
  last: lastOutcome.optional(),
  /** What the record claims under match rules; absent where there never were any. */
  claims: z
    .strictObject({
      /** Every key that may hold an entry of this link: listed before the entry is written, until after it was taken out. */
      keys: z.array(z.string()),
      /** Moves forward with every change of `keys`. */
      revision: z.int(),
      /** Over the keys and forms of the settled link: the same ones need not be looked at again. */
      hash: z.string().optional(),
    })
    .optional(),
});

export type LinkDocument = z.infer<typeof linkDocument>;
export type LastOutcome = z.infer<typeof lastOutcome>;
