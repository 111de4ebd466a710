import { AppError } from '../core/app-error.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** The integration's task. A task of another integration or tenant is the same `not-found` as none. */
export async function findTask(
  deps: Pick<Deps, 'tasks'>,
  scope: Scope,
  { integrationId, taskId }: { readonly integrationId: string; readonly taskId: string },
): Promise<Stored<TaskDocument>> {
  const stored = await deps.tasks.get(scope, { id: taskId });
  if (stored === undefined || stored.document.integrationId !== integrationId) {
    throw new AppError('not-found', { detail: 'There is no such task.' });
  }
  return stored;
}
