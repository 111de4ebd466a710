import { type ConflictSettings, conflictSettings } from '../../contracts/conflict-policy.ts';
import type { ConflictDocument } from '../../core/documents/conflict.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** As the task says now; where there is none any more, people are still reminded. */
export async function settingsOf(
  deps: Pick<Deps, 'tasks'>,
  scope: Scope,
  { taskId }: Pick<ConflictDocument, 'taskId'>,
): Promise<ConflictSettings> {
  const task = taskId === undefined ? undefined : await deps.tasks.get(scope, { id: taskId });
  return task?.document.conflicts ?? conflictSettings.parse({});
}
