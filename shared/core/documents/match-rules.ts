import { z } from 'zod';
import { matchRule, strategy } from '../../contracts/match-rules.ts';

/** What is frozen into a run's plan: how records of one shard type are recognised as one, and which values they take. */
export const matchRuleSet = z.strictObject({
  version: z.int(),
  rules: z.array(matchRule),
  defaultCountry: z.string().optional(),
  strategy,
  fieldStrategies: z.record(z.string(), strategy),
});

export type MatchRuleSet = z.infer<typeof matchRuleSet>;

/** The match rules of a shard type, container `config`. An earlier version is a document of its own, kind `match-rules-version`. */
export const matchRulesDocument = matchRuleSet.extend({
  id: z.string(),
  tenantId: z.string(),
  kind: z.enum(['match-rules', 'match-rules-version']),
  schemaVersion: z.literal(1),
  shardTypeId: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type MatchRulesDocument = z.infer<typeof matchRulesDocument>;

export function matchRulesId(shardTypeId: string): string {
  return `match-rules.${shardTypeId}`;
}

/** Sorts by version. */
export function matchRulesVersionId(shardTypeId: string, version: number): string {
  return `match-rules-version.${shardTypeId}.${String(version).padStart(8, '0')}`;
}
