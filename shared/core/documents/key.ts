import { z } from 'zod';

/** The claim of one record to a key. It counts exactly when the record's link lists the key. */
export const keyEntry = z.strictObject({
  linkId: z.string(),
  /** Of the link's claims when this was written: who takes back takes nothing that was claimed later. */
  revision: z.int(),
  /** In the block of a fuzzy rule: the values that are compared, `null` where the record has none. */
  form: z.array(z.string().nullable()).optional(),
});

/**
 * One key of the match rules with the records that have it, container `keys`; `id` is the key. An exact key makes its records one; in the
 * block of a fuzzy rule those whose forms are alike. Its ETag decides who is first.
 */
export const keyDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  key: z.string(),
  schemaVersion: z.literal(1),
  entries: z.array(keyEntry),
  /** So many records have it that it identifies nobody. */
  crowded: z.literal(true).optional(),
  /** Seconds until an empty document goes; absent while there are entries. */
  ttl: z.int().optional(),
});

export type KeyEntry = z.infer<typeof keyEntry>;
export type KeyDocument = z.infer<typeof keyDocument>;
