import { z } from 'zod';

/**
 * What wrote a shard: which run, webhook, person or decision, and for a record that a provider showed, which one, by which mapping. It is kept with the
 * shard as long as its data and status are as that write left them.
 */
export const cause = z.strictObject({
  kind: z.enum(['run', 'delivery', 'push', 'person', 'conflict', 'hold', 'merge', 'merge-undone', 'rollback']),
  /** The execution (of a partition: its run; of deletions that were held: the one that found them), delivery, conflict or merge; of a person's edit, the request. */
  id: z.string(),
  actorId: z.string(),
  /** Of deletions that were held: the hold that a person approved. */
  holdId: z.string().optional(),
  /** The record that was shown; of several in one write, the last. */
  linkId: z.string().optional(),
  /** Names what converted the record. */
  mappingVersion: z.string().optional(),
  /** Of a rollback: the execution that it takes back. */
  undoes: z.string().optional(),
  /** Of a rollback, or the undo of a merge: the revision that it brought back; 0 for the time before there was one. */
  restores: z.int().optional(),
  conversionSchema: z.strictObject({ id: z.string(), version: z.int() }).optional(),
  at: z.string(),
});

export type Cause = z.infer<typeof cause>;
