import type { Converter } from '../convert-record.ts';
import type { ExecutionDocument } from '../documents/execution.ts';
import { compileMatchRules, type Matcher } from './compile-match-rules.ts';

/** The rules that a run was planned with, made ready; `undefined` for a shard type without any. */
export function matcherOf(rules: ExecutionDocument['plan']['matchRules'], shardTypeId: string): Matcher | undefined {
  const set = rules?.[shardTypeId];
  return set === undefined ? undefined : compileMatchRules(shardTypeId, set);
}

/** What a link's hash is over besides the values: under other rules a record is looked at again when it is next seen. */
export function versionedBy(converter: Converter, matcher: Matcher): Converter {
  return { ...converter, version: `${converter.version} ${matcher.fingerprint}` };
}
