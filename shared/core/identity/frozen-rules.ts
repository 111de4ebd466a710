import type { ExecutionDocument } from '../documents/execution.ts';
import type { MatchRuleSet } from '../documents/match-rules.ts';
import { compileMatchRules, type Matcher } from './compile-match-rules.ts';

/** Match rules by shard type, as a run's plan holds them. */
export type FrozenRules = ExecutionDocument['plan']['matchRules'];

/** The rules of a shard type; its name may be that of something every object has. */
export function ruleSetOf(rules: FrozenRules, shardTypeId: string): MatchRuleSet | undefined {
  return rules !== undefined && Object.hasOwn(rules, shardTypeId) ? rules[shardTypeId] : undefined;
}

/** The rules of a shard type, made ready; `undefined` for one without any. */
export function matcherOf(rules: FrozenRules, shardTypeId: string): Matcher | undefined {
  const set = ruleSetOf(rules, shardTypeId);
  return set === undefined ? undefined : compileMatchRules(shardTypeId, set);
}

/** The same for each of several shard types that has rules. */
export function matchersOf(rules: FrozenRules, shardTypeIds: readonly string[]): ReadonlyMap<string, Matcher> {
  return new Map(
    [...new Set(shardTypeIds)].flatMap((shardTypeId): [string, Matcher][] => {
      const matcher = matcherOf(rules, shardTypeId);
      return matcher === undefined ? [] : [[shardTypeId, matcher]];
    }),
  );
}
