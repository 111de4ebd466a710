import type { ExecutionDocument } from '../core/documents/execution.ts';
import { type MatchRuleSet, matchRulesId } from '../core/documents/match-rules.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** The match rules in force for shard types; `undefined` when none has any. */
export async function freezeMatchRules(
  deps: Pick<Deps, 'matchRules'>,
  scope: Scope,
  shardTypeIds: readonly string[],
): Promise<ExecutionDocument['plan']['matchRules']> {
  const stored = await deps.matchRules.getMany(
    scope,
    [...new Set(shardTypeIds)].map((shardTypeId) => ({ id: matchRulesId(shardTypeId) })),
  );
  const found = stored.flatMap((each): [string, MatchRuleSet][] => {
    if (each === undefined) return [];
    const { shardTypeId, version, rules, defaultCountry, strategy, fieldStrategies } = each.document;
    const country = defaultCountry === undefined ? {} : { defaultCountry };
    return [[shardTypeId, { version, rules, ...country, strategy, fieldStrategies }]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
