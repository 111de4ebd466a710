import type { TaskDocument } from '../core/documents/task.ts';
import { dueKey } from '../core/due.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** How many tasks are removed at a time. */
const batchSize = 100;

/** Removes what the clock keeps of a task. Safe to repeat. */
export async function removeDueEntries(deps: Pick<Deps, 'due'>, scope: Scope, taskId: string): Promise<void> {
  await deps.due.remove(dueKey('schedule', scope.tenantId, taskId));
  await deps.due.remove(dueKey('watch', scope.tenantId, taskId));
}

/** Removes all tasks of an integration with what the clock keeps of them. Safe to repeat. */
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
      await removeDueEntries(deps, scope, document.id);
      await deps.tasks.remove(scope, { id: document.id });
      await removeDueEntries(deps, scope, document.id);
    }
    if (tasks.length < batchSize) return;
  }
}
