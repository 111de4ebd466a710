import type { listHolds as route } from '../../contracts/holds.ts';
import { describeHold } from '../../core/describe-hold.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { equalFilters, listPage } from '../list-page.ts';

/** Holds by state, integration and task, newest first. */
export async function listHolds(
  deps: Pick<Deps, 'holds'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { state, integrationId, taskId } = query;
  const filters = equalFilters({ state, integrationId, taskId });
  const body = await listPage({
    list: 'holds',
    asked: Object.fromEntries(filters.map(({ field, value }) => [field, value])),
    page: query,
    read: (range) => deps.holds.list(scope, { filters, order: 'descending', ...range }),
    describe: describeHold,
  });
  return { body };
}
