import type { TaskDocument } from '../../core/documents/task.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { loadPushRoutes, type RouteNeeds } from '../load-push-routes.ts';
import { requestScan } from './lane.ts';

export type ScanNeeds = RouteNeeds & Pick<Deps, 'pushLanes' | 'pushQueue' | 'due' | 'newId' | 'now' | 'engine'>;

/** After a task that pushes was made or changed: shards that lacked nothing before may lack something now. */
export async function scanForTask(
  deps: ScanNeeds,
  scope: Scope,
  { direction, enabled, integrationId }: TaskDocument,
): Promise<void> {
  if (direction !== 'pull' && enabled) await scanForIntegration(deps, scope, integrationId);
}

/** After what is written to an integration, or how, has changed for its tasks. */
export async function scanForIntegration(deps: ScanNeeds, scope: Scope, integrationId: string): Promise<void> {
  const routes = await loadPushRoutes(deps, scope, integrationId);
  if (routes.length === 0) return;
  await requestScan(
    deps,
    scope,
    integrationId,
    routes.map(({ shardTypeId }) => shardTypeId),
  );
}
