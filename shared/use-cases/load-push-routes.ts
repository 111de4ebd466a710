import type { MappingTarget } from '../contracts/mapping.ts';
import { AppError } from '../core/app-error.ts';
import type { Feed } from '../core/conversion/compile-schema.ts';
import { deriveReverse } from '../core/conversion/derive-reverse.ts';
import type { PlannedObject } from '../core/documents/conversion.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import type { Deps, Filter } from '../core/ports.ts';
import { runBounded } from '../core/run-bounded.ts';
import type { Scope } from '../core/scope.ts';
import type { PushRoute } from '../core/two-way/push-routes.ts';
import { sourceOf, watermarkKey } from '../core/watermark.ts';
import { readTargets } from './find-conversion-schema.ts';
import { freezeMappings } from './freeze-mappings.ts';
import { visitTasks } from './visit-tasks.ts';

export type RouteNeeds = Pick<
  Deps,
  'tasks' | 'integrations' | 'adapters' | 'conversionSchemas' | 'conversionContents' | 'shardTypes'
>;

/** A route with what converts records on it. */
export interface LoadedRoute extends PushRoute {
  readonly planned: PlannedObject;
  readonly target: MappingTarget;
}

/** Most tasks only pull: whatever is wrong with one of those is no matter of what is pushed. */
const pushes: Filter = { field: 'direction', is: 'one-of', values: ['push', 'bidirectional'] };

/** Tasks whose mappings are read at once: whoever writes a shard waits for the routes. */
const concurrency = 8;

/** Where the tenant's shards are pushed to, by the mappings that are published now. Of two tasks for the same object the older one counts. */
export async function loadPushRoutes(deps: RouteNeeds, scope: Scope, integrationId?: string): Promise<LoadedRoute[]> {
  const tasks: TaskDocument[] = [];
  for await (const task of visitTasks(deps, scope, integrationId, [pushes])) if (task.enabled) tasks.push(task);
  const ids = [...new Set(tasks.map((task) => task.integrationId))];
  const found = await deps.integrations.getMany(
    scope,
    ids.map((id) => ({ id })),
  );
  const integrations = new Map(ids.map((id, index) => [id, found[index]?.document]));
  const loaded = await runBounded(tasks, concurrency, (task) =>
    routesOfTask(deps, scope, task, integrations.get(task.integrationId)),
  );
  const routes = new Map<string, LoadedRoute>();
  for (const route of loaded.flat()) {
    const place = JSON.stringify([route.integrationId, route.object, route.shardTypeId]);
    if (!routes.has(place)) routes.set(place, route);
  }
  return [...routes.values()];
}

async function routesOfTask(
  deps: RouteNeeds,
  scope: Scope,
  task: TaskDocument,
  integration: IntegrationDocument | undefined,
): Promise<LoadedRoute[]> {
  const adapter = deps.adapters.find(({ id }) => id === integration?.provider);
  if (integration === undefined || adapter?.push === undefined) return [];
  const settings = adapter.settings.safeParse(integration.settings);
  if (!settings.success) return [];
  const objects = adapter.objects(settings.data);
  const source = sourceOf(integration);
  const routes: LoadedRoute[] = [];
  for (const planned of await plannedObjects(deps, scope, task)) {
    const writes = objects.find(({ name }) => name === planned.object)?.writes;
    if (writes === undefined) continue;
    const isRead = task.direction === 'push' || task.pulled?.[watermarkKey(planned, { source })] === true;
    for (const target of await targetsOf(deps, scope, planned)) {
      if (!isPushable(target)) continue;
      const paths = deriveReverse(target).covered.map((field) => field.split('.'));
      if (paths.length === 0) continue;
      routes.push({
        taskId: task.id,
        integrationId: task.integrationId,
        object: feedObjectOf(planned.object, target),
        shardTypeId: target.shardTypeId,
        paths,
        updates: writes.update && isRead,
        creates: task.creates && writes.create && isRead,
        mirrors: task.deletions === 'mirror',
        deletes: task.deletions === 'mirror' && writes.delete,
        conflicts: task.conflicts,
        planned,
        target,
      });
    }
  }
  return routes;
}

/** Only shards that stand for a whole record can be written back; those made of parts of one have ids of their own. */
export function isPushable({ each, externalId }: Pick<MappingTarget, 'each' | 'externalId'>): boolean {
  return each === undefined && externalId === undefined;
}

/** As `Feed.object`. */
function feedObjectOf(object: string, { name }: Pick<MappingTarget, 'name'>): Feed['object'] {
  return name === undefined ? object : `${object}#${name}`;
}

/** A task whose mapping is not published, or is gone, pushes nothing. */
async function plannedObjects(deps: RouteNeeds, scope: Scope, task: TaskDocument): Promise<readonly PlannedObject[]> {
  try {
    return await freezeMappings(deps, scope, task.integrationId, task.objects);
  } catch (error) {
    if (error instanceof AppError && error.code !== 'unavailable') return [];
    throw error;
  }
}

async function targetsOf(deps: RouteNeeds, scope: Scope, planned: PlannedObject): Promise<readonly MappingTarget[]> {
  const { conversionSchema } = planned;
  if (conversionSchema === undefined) return planned.targets ?? [];
  return readTargets(deps, scope, conversionSchema.id, conversionSchema.contentId);
}
