import { z } from 'zod';

/** Query of every list: keyset paging, newest first. The cursor is opaque and valid only for the same filters. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('Most items in the answer'),
  cursor: z
    .string()
    .max(1024)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be a cursor taken from a previous answer')
    .optional()
    .describe('Where the previous page ended (`nextCursor`)'),
};

/** Answer of every list. `nextCursor` is absent on the last page. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().optional() });
