import type { TaskDocument } from '../core/documents/task.ts';
import type { Deps, Filter, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { equalFilters } from './list-page.ts';

/** How many tasks are looked at in one read. */
const batchSize = 100;

/** The tenant's tasks, or those of one integration, one after the other. */
export async function* visitTasks(
  deps: Pick<Deps, 'tasks'>,
  scope: Scope,
  integrationId?: string,
  filters: readonly Filter[] = [],
): AsyncGenerator<TaskDocument> {
  let afterId: string | undefined;
  for (;;) {
    const tasks: Stored<TaskDocument>[] = await deps.tasks.list(scope, {
      filters: [...equalFilters({ integrationId }), ...filters],
      order: 'ascending',
      limit: batchSize,
      afterId,
    });
    for (const { document } of tasks) yield document;
    afterId = tasks.at(-1)?.document.id;
    if (tasks.length < batchSize) return;
  }
}

/** The first task with an object of which something holds. */
export async function findTaskOf(
  deps: Pick<Deps, 'tasks'>,
  scope: Scope,
  integrationId: string | undefined,
  holds: (object: TaskDocument['objects'][number]) => boolean,
): Promise<TaskDocument | undefined> {
  for await (const task of visitTasks(deps, scope, integrationId)) if (task.objects.some(holds)) return task;
  return undefined;
}
