import { z } from 'zod';
import { fieldPath, instant, shardId, shardTypeId, text } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

/** How a value is read before it is compared. What cannot be read makes no key. */
export const valueKind = z
  .enum(['email', 'phone', 'domain', 'text', 'person-name', 'company-name'])
  .describe(
    '`email`: lower case, tags and dots by what its provider ignores; `phone`: E.164; `domain`: of an address or e-mail, without public mail providers; `text`: case, accents and spaces ignored; names also without titles or legal forms',
  );

const field = z.strictObject({
  fields: z.array(fieldPath).min(1).max(4).describe('Joined by spaces, for example `name.first` and `name.last`'),
  as: valueKind,
});

export const keyField = field.extend({
  part: z
    .enum(['whole', 'initial', 'sound'])
    .default('whole')
    .describe('`sound`: of the last word, so that spellings of one name are in one block; `initial`: the first letter'),
});

export const compareField = field.extend({ weight: z.number().gt(0).max(10).default(1) });

const ruleName = text(60).describe('Named as the reason of a match');

export const matchRule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('exact'),
    name: ruleName,
    key: z.array(keyField).min(1).max(5).describe('Records with all of them equal are one'),
  }),
  z
    .strictObject({
      kind: z.literal('fuzzy'),
      name: ruleName,
      key: z.array(keyField).min(1).max(5).describe('Only records with all of them equal are compared'),
      compare: z.array(compareField).min(1).max(8),
      mergeAt: z.number().min(0.5).max(1).describe('Alike by this much or more: one'),
      reviewAt: z
        .number()
        .min(0.3)
        .max(1)
        .describe('Alike by this much or more, but less than `mergeAt`: people decide'),
    })
    .refine((rule) => rule.reviewAt <= rule.mergeAt, { error: 'must not be above `mergeAt`', path: ['reviewAt'] }),
]);

export const strategy = z.enum(['prefer_external', 'prefer_internal', 'newest', 'most_complete', 'manual_review']);

const ruleFields = {
  rules: z.array(matchRule).min(1).max(10).describe('In order: the first that finds a match is named as its reason'),
  defaultCountry: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code such as "SI"')
    .optional()
    .describe('Of phone numbers without a country code; without it they make no key'),
  strategy: strategy.default('newest').describe('Which value a field takes that several records fill'),
  fieldStrategies: z.record(fieldPath, strategy).default({}).describe('Instead of `strategy`, by field'),
};

const differentNames = (rules: readonly { name: string }[]) =>
  new Set(rules.map((rule) => rule.name)).size === rules.length;
const rulesOfBody = ruleFields.rules.refine(differentNames, 'must have different names');

export const matchRules = z
  .strictObject({ shardTypeId, version: z.int(), ...ruleFields, createdAt: instant, updatedAt: instant })
  .meta({ id: 'MatchRules' });

const params = z.strictObject({ shardTypeId });

export const listMatchRules = defineRoute({
  id: 'listMatchRules',
  method: 'GET',
  path: 'tenant/match-rules',
  summary: 'The match rules of your shard types',
  tag: 'Identity',
  role: 'viewer',
  query: z.strictObject(pageQuery),
  success: { status: 200, body: pageOf(matchRules), description: 'A page' },
  problems: [],
});

export const createMatchRules = defineRoute({
  id: 'createMatchRules',
  method: 'POST',
  path: 'tenant/match-rules',
  summary: 'Say how records of a shard type are recognised as one; for records that are read from now on',
  tag: 'Identity',
  role: 'admin',
  idempotent: true,
  concurrency: 'answers-etag',
  body: z.strictObject({ shardTypeId, ...ruleFields, rules: rulesOfBody }),
  success: { status: 201, body: matchRules, description: 'The rules' },
  problems: ['already-exists'],
});

export const getMatchRules = defineRoute({
  id: 'getMatchRules',
  method: 'GET',
  path: 'tenant/match-rules/{shardTypeId}',
  summary: 'The match rules of a shard type',
  tag: 'Identity',
  role: 'viewer',
  concurrency: 'answers-etag',
  params,
  success: { status: 200, body: matchRules, description: 'The rules' },
  problems: ['not-found'],
});

export const updateMatchRules = defineRoute({
  id: 'updateMatchRules',
  method: 'PATCH',
  path: 'tenant/match-rules/{shardTypeId}',
  summary: 'A new version of the rules; a run in progress keeps those it started with',
  tag: 'Identity',
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params,
  body: z
    .strictObject({
      rules: rulesOfBody.optional(),
      defaultCountry: ruleFields.defaultCountry,
      strategy: strategy.optional(),
      fieldStrategies: z.record(fieldPath, strategy).optional(),
    })
    .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field'),
  success: { status: 200, body: matchRules, description: 'The rules as they are now' },
  problems: ['not-found', 'precondition-failed'],
});

export const deleteMatchRules = defineRoute({
  id: 'deleteMatchRules',
  method: 'DELETE',
  path: 'tenant/match-rules/{shardTypeId}',
  summary: 'No longer look for duplicates of a shard type; what was merged stays, and so do the versions',
  tag: 'Identity',
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params,
  success: { status: 204, description: 'Removed' },
  problems: ['not-found', 'precondition-failed'],
});

export const listMatchRuleVersions = defineRoute({
  id: 'listMatchRuleVersions',
  method: 'GET',
  path: 'tenant/match-rules/{shardTypeId}/versions',
  summary: 'Earlier versions of the rules, newest first',
  tag: 'Identity',
  role: 'viewer',
  params,
  query: z.strictObject(pageQuery),
  success: { status: 200, body: pageOf(matchRules), description: 'A page' },
  problems: ['not-found'],
});

const group = z.strictObject({
  shardIds: z.array(shardId).describe('The first would survive'),
  reasons: z.array(z.strictObject({ rule: z.string(), score: z.number() })),
});

export const dryRunMatchRules = defineRoute({
  id: 'dryRunMatchRules',
  method: 'POST',
  path: 'tenant/match-rules/{shardTypeId}/dry-run',
  summary: 'Which existing shards would merge or wait for review; nothing is written',
  tag: 'Identity',
  role: 'viewer',
  params,
  query: z.strictObject({ ...pageQuery, cursor: pageQuery.cursor.describe('Where the previous page of merges ended') }),
  body: z
    .strictObject({
      rules: rulesOfBody.optional().describe('Those in force, unless given'),
      defaultCountry: ruleFields.defaultCountry,
    })
    .optional(),
  success: {
    status: 200,
    body: z.strictObject({
      examined: z.int().describe('Shards looked at'),
      complete: z.boolean().describe('False when there are more shards than are looked at'),
      merging: z.int().describe('Shards that would be merged into another'),
      reviews: z.int().describe('Pairs that would wait for review'),
      items: z.array(group).describe('What would become one, a page'),
      candidates: z.array(group).describe('The first pairs that would wait for review'),
      nextCursor: z.string().optional(),
    }),
    description: 'What would happen',
  },
  problems: ['not-found'],
});
