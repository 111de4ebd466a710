import type { listMergeCandidates as route } from '../../contracts/merges.ts';
import { describeMergeCandidate } from '../../core/describe-identity.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { equalFilters, listPage } from '../list-page.ts';

/** Pairs that people decide about, or have, those with the newest shards first. */
export async function listMergeCandidates(
  deps: Pick<Deps, 'mergeCandidates'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { type, state } = query;
  const filters = equalFilters({ shardTypeId: type, state });
  const body = await listPage({
    list: 'merge-candidates',
    asked: { state, ...(type === undefined ? {} : { type }) },
    page: query,
    read: (range) => deps.mergeCandidates.list(scope, { filters, order: 'descending', ...range }),
    describe: describeMergeCandidate,
  });
  return { body };
}
