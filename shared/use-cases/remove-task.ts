import type { TaskDocument } from '../core/documents/task.ts';
import { dueKey } from '../core/due.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** How many tasks are removed at a time. */
const batchSize = 100;

/** Removes the task's schedule from the clock. The watch stays: should a run have begun meanwhile, it is still looked after. Safe to repeat. */
export async function removeSchedule(deps: Pick<Deps, 'due'>, scope: Scope, taskId: string): Promise<void> {
  await deps.due.remove(dueKey('schedule', scope.tenantId, taskId));
}

/** Removes all tasks of an integration with their schedules. Safe to repeat. */
export async function removeTasks(
  deps: Pick<Deps, 'tasks' | 'due'>,
  scope: Scope,
  integrationId: string,
): Promise<void> {
  for (;;) {
    const tasks: Stored<TaskDocument>[] = await deps.tasks.list(scope, {
      filters: [{ field: 'integrationId', is: 'equal', value: integrationId }],
      order: 'ascending',
      limit: batchSize,
    });
    for (const { document } of tasks) {
      await removeSchedule(deps, scope, document.id);
      await deps.tasks.remove(scope, { id: document.id });
      await removeSchedule(deps, scope, document.id);
    }
    if (tasks.length < batchSize) return;
  }
}
