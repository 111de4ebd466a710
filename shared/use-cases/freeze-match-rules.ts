import type { ExecutionDocument } from '../core/documents/execution.ts';
import { type MatchRuleSet, matchRulesId } from '../core/documents/match-rules.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** The match rules in force for the shard types that a task feeds; `undefined` when none has any. */
export async function freezeMatchRules(
  deps: Pick<Deps, 'matchRules'>,
  scope: Scope,
  task: Pick<TaskDocument, 'objects'>,
): Promise<ExecutionDocument['plan']['matchRules']> {
  const shardTypeIds = [...new Set(task.objects.map((object) => object.shardTypeId))];
  const stored = await deps.matchRules.getMany(
    scope,
    shardTypeIds.map((shardTypeId) => ({ id: matchRulesId(shardTypeId) })),
  );
  const found = stored.flatMap((each): [string, MatchRuleSet][] => {
    if (each === undefined) return [];
    const { shardTypeId, version, rules, defaultCountry, strategy, fieldStrategies } = each.document;
    const country = defaultCountry === undefined ? {} : { defaultCountry };
    return [[shardTypeId, { version, rules, ...country, strategy, fieldStrategies }]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
