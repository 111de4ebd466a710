import type { listSuppressions as route } from '../../contracts/suppressions.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { listPage } from '../list-page.ts';

/** The tenant's suppressions, newest first: how many records, and of which erasure, never whose. */
export async function listSuppressions(
  deps: Pick<Deps, 'suppressions'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const body = await listPage({
    list: 'suppressions',
    asked: {},
    page: query,
    read: (range) => deps.suppressions.list(scope, { filters: [], order: 'descending', ...range }),
    describe: ({ id, erasureId, hashes, createdAt }) => ({ id, erasureId, records: hashes.length, createdAt }),
  });
  return { body };
}
