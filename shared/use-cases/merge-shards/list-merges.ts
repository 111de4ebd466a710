import type { listMerges as route } from '../../contracts/merges.ts';
import { describeMerge } from '../../core/describe-identity.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { equalFilters, listPage } from '../list-page.ts';

/** The tenant's merges by shard type and state, newest first. */
export async function listMerges(
  deps: Pick<Deps, 'merges'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { type, state } = query;
  const filters = equalFilters({ shardTypeId: type, state });
  const body = await listPage({
    list: 'merges',
    asked: { ...(type === undefined ? {} : { type }), ...(state === undefined ? {} : { state }) },
    page: query,
    read: (range) => deps.merges.list(scope, { filters, order: 'descending', ...range }),
    describe: describeMerge,
  });
  return { body };
}
