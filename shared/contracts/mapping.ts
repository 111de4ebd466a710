import { z } from 'zod';
import { fieldPath, objectName, shardTypeId, text } from './identifiers.ts';

/** A dotted path into a provider's record. A part `*` stands for every item of an array: `emails.*.address` reads a list. */
const sourcePath = z
  .string()
  .max(256)
  .regex(
    /^([A-Za-z_][A-Za-z0-9_-]*|\*)(\.([A-Za-z0-9_-]+|\*)){0,15}$/,
    'must be a dotted path such as "address.city" or "emails.*.address"',
  )
  .refine(
    (path) => !path.split('.').some((part) => part === '__proto__' || part === 'constructor' || part === 'prototype'),
    'must not name __proto__, constructor or prototype',
  );

export type Scalar = string | number | boolean | null;

const isScalar = (value: unknown): boolean =>
  value === null ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value)) ||
  (typeof value === 'string' && value.length <= 4096);

const scalar = z.unknown().refine(isScalar, 'must be a text of at most 4096 characters, a number, true, false or null');

/** BCP 47, for example `de` or `en-GB`. */
const locale = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'must be a locale such as "de" or "en-GB"');
const timeZone = text(64).describe('IANA name, for example `Europe/Ljubljana`');
const dateFormat = text(64).describe('Luxon tokens, for example `dd.MM.yyyy HH:mm`');

const plainTransform = z.enum([
  'trim',
  'lower',
  'upper',
  'title',
  'string',
  'number',
  'boolean',
  'instant',
  'first',
  'wrap',
  'email',
  'url',
  'domain',
  'hash',
]);

/** A value map: what is not in it is kept, left out, or makes the record fail. */
const valueMap = z.strictObject({
  kind: z.literal('values'),
  map: z
    .array(z.strictObject({ from: scalar, to: scalar }))
    .min(1)
    .max(500),
  otherwise: z.enum(['keep', 'leave-out', 'fail']).default('fail'),
});

const parameterised = [
  z.strictObject({ kind: z.literal('title'), locale }),
  z.strictObject({ kind: z.literal('number'), locale }),
  z.strictObject({ kind: z.literal('format-number'), locale }),
  z.strictObject({ kind: z.literal('boolean'), locale }),
  z.strictObject({
    kind: z.literal('date-time'),
    format: dateFormat,
    zone: timeZone.default('UTC').describe('Where the text names no offset: IANA name'),
    locale: locale.default('en'),
  }),
  z.strictObject({
    kind: z.literal('format-date-time'),
    format: dateFormat,
    zone: timeZone.default('UTC'),
    locale: locale.default('en'),
  }),
  z.strictObject({ kind: z.literal('date'), format: dateFormat, locale: locale.default('en') }),
  z.strictObject({ kind: z.literal('format-date'), format: dateFormat, locale: locale.default('en') }),
  z.strictObject({
    kind: z.literal('phone'),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be a country code such as "SI"')
      .optional()
      .describe('Where a number without country code is from'),
  }),
  z.strictObject({ kind: z.literal('split'), separator: text(16) }),
  z.strictObject({ kind: z.literal('join'), separator: text(16, 0) }),
  z.strictObject({ kind: z.literal('replace'), find: text(256), with: text(256, 0) }),
  z.strictObject({
    kind: z.literal('replace-pattern'),
    pattern: text(256).describe('RE2 syntax: no look-around, no back-reference'),
    with: text(256, 0).describe('`$1` stands for the first group'),
  }),
  z.strictObject({ kind: z.literal('truncate'), length: z.int().min(1).max(100_000) }),
  valueMap,
] as const;

const oneTransform = z
  .union([plainTransform, z.discriminatedUnion('kind', [...parameterised])])
  .meta({ id: 'ItemTransform' });

/** A step of the pipeline that a value goes through. `each` applies its steps to every item of a list. */
export const transform = z
  .union([
    plainTransform,
    z.discriminatedUnion('kind', [
      ...parameterised,
      z.strictObject({ kind: z.literal('each'), transforms: z.array(oneTransform).min(1).max(8) }),
    ]),
  ])
  .meta({ id: 'Transform' });

/** A condition on one field of the record. */
const test = z
  .strictObject({
    field: sourcePath,
    is: z.enum(['equal', 'not-equal', 'one-of', 'none-of', 'present', 'absent', 'at-least', 'at-most', 'matches']),
    value: scalar.optional(),
    values: z.array(scalar).min(1).max(200).optional(),
    pattern: text(256).optional(),
  })
  .superRefine((given, context) => {
    const needed = operandOf(given.is);
    for (const name of ['value', 'values', 'pattern'] as const) {
      if ((given[name] !== undefined) === (name === needed)) continue;
      const message = name === needed ? `is needed for "${given.is}"` : `has no meaning for "${given.is}"`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
  })
  .meta({ id: 'Condition' });

function operandOf(is: string): 'value' | 'values' | 'pattern' | undefined {
  if (is === 'present' || is === 'absent') return undefined;
  if (is === 'one-of' || is === 'none-of') return 'values';
  return is === 'matches' ? 'pattern' : 'value';
}

const when = z.array(test).min(1).max(10).optional().describe('All of these must hold');

const ruleBase = {
  to: fieldPath.describe('Path in the shard, for example `address.city`'),
  from: sourcePath.optional().describe("Path in the provider's record"),
  constant: scalar.optional(),
  template: text(2000).optional().describe('JSONata over the record'),
  script: text(4000).optional().describe('A JavaScript expression; `record` is the record, `item` the item of a list'),
  join: z
    .strictObject({ from: z.array(sourcePath).min(1).max(10), separator: text(16, 0).default(' ') })
    .optional()
    .describe('Several fields as one text; empty ones are left out'),
  lookup: z
    .strictObject({
      from: sourcePath.describe('Where the key is in the record'),
      shardTypeId,
      object: objectName.optional().describe('The key is the external id of a record of this object'),
      field: fieldPath.optional().describe('The key is the value of this field of the shard'),
      missing: z
        .enum(['reserve', 'leave-out', 'fail'])
        .optional()
        .describe('Where there is no such shard yet; by external id it gets the id that it will have (`reserve`)'),
    })
    .refine(({ object, field }) => (object === undefined) !== (field === undefined), {
      error: 'either this or `field` must be given',
      path: ['object'],
    })
    .refine(({ field, missing }) => field === undefined || missing !== 'reserve', {
      error: 'cannot be reserved by field',
      path: ['missing'],
    })
    .optional()
    .describe("Another shard's id by key"),
  when,
  transforms: z.array(transform).max(12).default([]),
  default: scalar.optional().describe('Taken where there is no value, or null'),
  required: z.boolean().default(false).describe('A record without it is set aside as failed'),
  oneWay: z.boolean().optional().describe('Never written back to the provider'),
};

const sources = ['from', 'constant', 'template', 'script', 'join', 'lookup', 'items'] as const;

const hasOneSource = (rule: Readonly<Record<string, unknown>>): boolean =>
  sources.filter((source) => rule[source] !== undefined).length === 1;
const oneSource = { error: `needs exactly one of: ${sources.join(', ')}`, path: ['from'] };

const leafRule = z.strictObject(ruleBase).refine(hasOneSource, oneSource).meta({ id: 'LeafRule' });

const itemRule = z
  .strictObject({
    ...ruleBase,
    items: z
      .strictObject({ from: sourcePath, fields: z.array(leafRule).min(1).max(50) })
      .optional()
      .describe('An object for every item of a list'),
  })
  .refine(hasOneSource, oneSource)
  .meta({ id: 'ItemRule' });

/**
 * One field of the shard: where its value comes from and what is done to it. Rules for the same field are alternatives: the first whose `when` holds
 * and that yields a value is taken.
 */
export const fieldRule = z
  .strictObject({
    ...ruleBase,
    items: z
      .strictObject({ from: sourcePath, fields: z.array(itemRule).min(1).max(50) })
      .optional()
      .describe('An object for every item of a list; paths in it begin at the item'),
  })
  .refine(hasOneSource, oneSource)
  .meta({ id: 'FieldRule' });

/** One kind of shard that a record feeds. */
export const mappingTarget = z
  .strictObject({
    shardTypeId,
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a name such as "employer"')
      .optional()
      .describe('Tells apart the shards that one record feeds; needed for those with ids of their own'),
    each: sourcePath.optional().describe('A shard for every item of this list; paths begin at the item'),
    externalId: sourcePath.optional().describe("Where the shard's own external id is; the record's unless given"),
    when,
    fields: z.array(fieldRule).min(1).max(200),
    reverse: z
      .array(fieldRule)
      .max(200)
      .default([])
      .describe("From the shard (`from`) to the provider's record (`to`), where this does not follow from `fields`"),
    partial: z
      .boolean()
      .default(false)
      .describe('Other sources supply the rest: fields that the shard type requires may be missing'),
  })
  .superRefine((target, context) => {
    const derived = target.each !== undefined || target.externalId !== undefined;
    if (target.each !== undefined && target.externalId === undefined) {
      context.addIssue({ code: 'custom', path: ['externalId'], message: 'is needed to tell the items apart' });
    }
    if (derived && target.name === undefined) {
      context.addIssue({ code: 'custom', path: ['name'], message: 'is needed for shards with ids of their own' });
    }
  })
  .meta({ id: 'MappingTarget' });

export const mappingTargets = z
  .array(mappingTarget)
  .min(1)
  .max(10)
  .refine(
    (targets) => new Set(targets.map(({ shardTypeId: type, name }) => `${type} ${name ?? ''}`)).size === targets.length,
    'must not feed one shard type twice under the same name',
  );

export type Transform = z.infer<typeof transform>;
export type Test = z.infer<typeof test>;
export type FieldRule = z.infer<typeof fieldRule>;
export type MappingTarget = z.infer<typeof mappingTarget>;
