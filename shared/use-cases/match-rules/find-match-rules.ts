import { AppError } from '../../core/app-error.ts';
import { type MatchRulesDocument, matchRulesId, matchRulesVersionId } from '../../core/documents/match-rules.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** The rules in force for a shard type. Throws `not-found`. */
export async function findMatchRules(
  deps: Pick<Deps, 'matchRules'>,
  scope: Scope,
  shardTypeId: string,
): Promise<Stored<MatchRulesDocument>> {
  const stored = await deps.matchRules.get(scope, { id: matchRulesId(shardTypeId) });
  if (stored === undefined) throw new AppError('not-found', { detail: 'The shard type has no match rules.' });
  return stored;
}

/** Keeps a version before another takes its place. Versions never change, so that a repeat finds its own. */
export async function keepVersion(
  deps: Pick<Deps, 'matchRuleVersions'>,
  scope: Scope,
  document: MatchRulesDocument,
): Promise<void> {
  const id = matchRulesVersionId(document.shardTypeId, document.version);
  await deps.matchRuleVersions.write(scope, {
    kind: 'create',
    document: { ...document, id, kind: 'match-rules-version' },
  });
}

/** The newest version that was kept; 0 when there is none. */
export async function lastVersion(
  deps: Pick<Deps, 'matchRuleVersions'>,
  scope: Scope,
  shardTypeId: string,
): Promise<number> {
  const [last] = await deps.matchRuleVersions.list(scope, {
    filters: [{ field: 'shardTypeId', is: 'equal', value: shardTypeId }],
    order: 'descending',
    limit: 1,
  });
  return last?.document.version ?? 0;
}
