import { z } from 'zod';
import type { SettingsProblem } from '../../shared/core/adapter.ts';
import { checkSchema } from '../../shared/core/shard-types/check-schema.ts';

const fieldPath = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^.\s]+(\.[^.\s]+)*$/, 'must be names joined by dots, for example "data.order"');

const scalar = z.union([z.string().max(200), z.number(), z.boolean()]);

const condition = z
  .strictObject({
    field: fieldPath.optional().describe('Path in the payload'),
    header: z
      .string()
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, 'must be the name of a header')
      .optional()
      .describe('Name of a header, instead of a field'),
    oneOf: z.array(scalar).min(1).max(50).describe('What it has to be'),
  })
  .refine(({ field, header }) => (field === undefined) !== (header === undefined), 'must name a field or a header');

/** What a webhook says of one object: which deliveries are meant, and where in them the records are. */
const webhookRule = z
  .strictObject({
    object: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, "_", "." or "-"'),
    when: z
      .array(condition)
      .min(1)
      .max(10)
      .optional()
      .describe('All of them have to hold; without any, every delivery'),
    itemsPath: fieldPath
      .optional()
      .describe('Path to the item, or to a list of items. Without it the payload is the item, or the list.'),
    carries: z
      .enum(['record', 'id', 'nothing'])
      .default('record')
      .describe(
        '`record`: the item holds the record. `id`: only its id, and the record is fetched. `nothing`: the object is read incrementally, once for many deliveries.',
      ),
    idField: fieldPath.default('id').describe('Path in the item to the id of the record'),
    recordPath: fieldPath.optional().describe('Path in the item to the record; without it the item is the record'),
    deleted: z
      .strictObject({
        in: z.enum(['item', 'payload']).default('item'),
        field: fieldPath,
        oneOf: z.array(scalar).min(1).max(50).optional().describe('Without it, any value but false, 0, "" and null'),
      })
      .optional()
      .describe('What says that the record was deleted'),
    versionField: fieldPath
      .optional()
      .describe('Path in the item to a whole number that only moves forward, by which late deliveries are told'),
    modifiedField: fieldPath
      .optional()
      .describe('Path in the item to when the record was last changed: ISO 8601, epoch seconds or milliseconds'),
    schema: z
      .record(z.string(), z.json())
      .optional()
      .describe('JSON Schema (2020-12) of an item; what does not fit is set aside with the field named'),
  })
  .refine(({ versionField, modifiedField }) => versionField === undefined || modifiedField === undefined, {
    path: ['versionField'],
    message: 'and modifiedField exclude each other',
  });

/** What an integration reads out of its webhooks: the first rules need not be the only ones that apply. */
export const webhookRules = z.array(webhookRule).min(1).max(100);

/** What is wrong with rules beyond their form. */
export async function inspectRules(rules: readonly WebhookRule[]): Promise<SettingsProblem[]> {
  const problems: SettingsProblem[] = [];
  for (const [index, { schema }] of rules.entries()) {
    if (schema === undefined) continue;
    for (const { path, message } of await checkSchema(schema)) {
      problems.push({ path: [index, 'schema', ...path], message });
    }
  }
  return problems;
}

export type WebhookRule = z.infer<typeof webhookRule>;
