import type { Converter } from '../convert-record.ts';
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

/** What a link's hash is over besides the values: under other rules a record is looked at again when it is next seen. */
export function versionedBy(converter: Converter, matcher: Matcher): Converter {
  return { ...converter, version: `${converter.version} ${matcher.fingerprint}` };
}
