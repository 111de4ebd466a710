import type { listLeftRecords as route } from '../../contracts/rollbacks.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeCauses } from '../describe-causes.ts';
import { findExecution } from '../find-execution.ts';
import { equalFilters, listPage } from '../list-page.ts';

/** The shards that a rollback left as they are, in order of their ids; none for any other run. Throws `not-found`. */
export async function listLeftRecords(
  deps: Pick<Deps, 'runs' | 'links'>,
  scope: Scope,
  { params, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findExecution(deps, scope, params);
  const { items, nextCursor } = await listPage({
    list: 'left-records',
    asked: { executionId: document.id, ...(query.reason === undefined ? {} : { reason: query.reason }) },
    page: query,
    read: (range) =>
      deps.runs.leftRecords.list(scope, {
        partition: document.id,
        filters: equalFilters({ reason: query.reason }),
        order: 'ascending',
        ...range,
      }),
    describe: (left) => left,
  });
  const causes = await describeCauses(
    deps,
    scope,
    items.map(({ by }) => by),
  );
  const described = items.map(({ shardId, reason, at }, index) => {
    const by = causes[index];
    return { shardId, reason, at, ...(by === undefined ? {} : { by }) };
  });
  return { body: { items: described, ...(nextCursor === undefined ? {} : { nextCursor }) } };
}
