import type { listMatchRuleVersions as route } from '../../contracts/match-rules.ts';
import { describeMatchRules } from '../../core/describe-identity.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { equalFilters, listPage } from '../list-page.ts';
import { findMatchRules } from './find-match-rules.ts';

/** Versions of a shard type's match rules before the one in force, newest first; also of rules that were removed. Throws `not-found`. */
export async function listMatchRuleVersions(
  deps: Pick<Deps, 'matchRules' | 'matchRuleVersions'>,
  scope: Scope,
  { params: { shardTypeId }, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const filters = equalFilters({ shardTypeId });
  const body = await listPage({
    list: 'match-rule-versions',
    asked: { shardTypeId },
    page: query,
    read: (range) => deps.matchRuleVersions.list(scope, { filters, order: 'descending', ...range }),
    describe: describeMatchRules,
  });
  // Rules that never changed have no versions; a shard type that never had rules is not there.
  if (body.items.length === 0) await findMatchRules(deps, scope, shardTypeId);
  return { body };
}
