import type { listPushProblems as problemsRoute, getPushState as stateRoute } from '../../contracts/pushes.ts';
import { describePush, describePushProblems } from '../../core/describe-push.ts';
import { pushLaneId } from '../../core/documents/push-lane.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { findIntegration } from '../find-integration.ts';
import { listPage } from '../list-page.ts';

/** How the writing to an integration stands. Throws `not-found`. */
export async function getPushState(
  deps: Pick<Deps, 'integrations' | 'pushLanes' | 'now'>,
  scope: Scope,
  { params }: InputOf<typeof stateRoute>,
): Promise<OutputOf<typeof stateRoute>> {
  await findIntegration(deps, scope, params.integrationId);
  const lane = await deps.pushLanes.get(scope, { id: pushLaneId(params.integrationId) });
  return { body: describePush(lane?.document, deps.now()) };
}

/** Shards that could not be written. Throws `not-found`. */
export async function listPushProblems(
  deps: Pick<Deps, 'integrations' | 'shards'>,
  scope: Scope,
  { params, query }: InputOf<typeof problemsRoute>,
): Promise<OutputOf<typeof problemsRoute>> {
  const { integrationId } = params;
  await findIntegration(deps, scope, integrationId);
  const { items, ...rest } = await listPage({
    list: 'push-problems',
    asked: { integrationId, state: query.state },
    page: query,
    read: (range) =>
      deps.shards.list(scope, {
        filters: [{ field: `push.${integrationId}`, is: 'equal', value: query.state }],
        order: 'descending',
        ...range,
      }),
    describe: (shard) => describePushProblems(shard, integrationId),
  });
  return { body: { ...rest, items: items.flat() } };
}
