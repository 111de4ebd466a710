import type { listMatchRules as route } from '../../contracts/match-rules.ts';
import { describeMatchRules } from '../../core/describe-identity.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { listPage } from '../list-page.ts';

/** The tenant's match rules, one of each shard type that has any. */
export async function listMatchRules(
  deps: Pick<Deps, 'matchRules'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const body = await listPage({
    list: 'match-rules',
    asked: {},
    page: query,
    read: (range) => deps.matchRules.list(scope, { filters: [], order: 'descending', ...range }),
    describe: describeMatchRules,
  });
  return { body };
}
