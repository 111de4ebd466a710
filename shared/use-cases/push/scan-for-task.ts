import type { TaskDocument } from '../../core/documents/task.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { loadPushRoutes, type RouteNeeds } from '../load-push-routes.ts';
import { requestScan } from './lane.ts';

/** After a task that pushes was made or changed: shards that lacked nothing before may lack something now. */
export async function scanForTask(
  deps: RouteNeeds & Pick<Deps, 'pushLanes' | 'pushQueue' | 'due' | 'newId' | 'now' | 'engine'>,
  scope: Scope,
  { direction, enabled, integrationId }: TaskDocument,
): Promise<void> {
  if (direction === 'pull' || !enabled) return;
  const routes = await loadPushRoutes(deps, scope, integrationId);
  if (routes.length === 0) return;
  await requestScan(
    deps,
    scope,
    integrationId,
    routes.map(({ shardTypeId }) => shardTypeId),
  );
}
