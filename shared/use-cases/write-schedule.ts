import type { TaskDocument } from '../core/documents/task.ts';
import { dueKey } from '../core/due.ts';
import type { Deps } from '../core/ports.ts';
import { nextRun } from '../core/schedule.ts';
import type { Scope } from '../core/scope.ts';

/** Others changed the task each time; whoever was last brings the entry in line. */
const maximumTries = 5;

/** When an enabled task runs next; `undefined` for a manual or disabled one. */
export function nextRunAt(task: Pick<TaskDocument, 'enabled' | 'schedule'>, after: Date): string | undefined {
  return task.enabled ? nextRun(task.schedule, after)?.toISOString() : undefined;
}

/**
 * Brings the clock's entry in line with a task that was just written. The task is read again afterwards: when two changes cross, the entry
 * follows the one that the document kept. Safe to repeat.
 */
export async function writeSchedule(
  deps: Pick<Deps, 'tasks' | 'due'>,
  scope: Scope,
  written: TaskDocument,
): Promise<void> {
  const key = dueKey('schedule', scope.tenantId, written.id);
  let task: TaskDocument | undefined = written;
  for (let attempt = 0; attempt < maximumTries; attempt += 1) {
    const dueAt: string | undefined = task?.nextRunAt;
    if (task === undefined || dueAt === undefined) {
      await deps.due.remove(key);
    } else {
      await deps.due.put({
        ...key,
        schemaVersion: 1,
        kind: 'schedule',
        tenantId: scope.tenantId,
        integrationId: task.integrationId,
        taskId: task.id,
        dueAt,
      });
    }
    task = (await deps.tasks.get(scope, { id: written.id }))?.document;
    if (task?.nextRunAt === dueAt) return;
  }
}
