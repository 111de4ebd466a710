import { z } from 'zod';
import { instant } from './identifiers.ts';

/** What wrote a shard, as people are told. */
export const writeCause = z
  .strictObject({
    kind: z
      .enum(['run', 'delivery', 'push', 'person', 'conflict', 'hold', 'merge', 'merge-undone', 'rollback'])
      .describe(
        'A run, a webhook, the answer to a push, a person or application, a decision, a merge or its undo, a rollback',
      ),
    id: z
      .string()
      .describe(
        'Of the execution, also where what it found missing was deleted after approval, of the delivery, conflict or merge; of a person’s edit, of the request',
      ),
    holdId: z.string().optional().describe('Of deletions that were held: the hold that was approved'),
    actorId: z.string(),
    at: instant,
    record: z
      .strictObject({ integrationId: z.string(), object: z.string(), externalId: z.string() })
      .optional()
      .describe('The record of the provider that was shown'),
    mappingVersion: z.string().optional().describe('Names what converted the record'),
    conversionSchema: z.strictObject({ id: z.string(), version: z.int() }).optional(),
    undoes: z.string().optional().describe('Of a rollback: the execution that it took back'),
  })
  .meta({ id: 'WriteCause' });

/** A field that was changed; absent where there was, or is, none. */
export const fieldChange = z
  .strictObject({ field: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })
  .meta({ id: 'FieldChange' });
