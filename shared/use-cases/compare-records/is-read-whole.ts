import type { TaskDocument } from '../../core/documents/task.ts';
import { isTerminal } from '../../core/execution-states.ts';
import { isWholeRead } from '../../core/object-read.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/**
 * Whether a run is reading all of an object, and will take for missing what it does not see and nobody has looked at since it began. Asked before links are
 * read: what such a run has deleted by then, they tell. A point read for each task that follows deletions.
 */
export async function isReadWhole(
  deps: Pick<Deps, 'leases' | 'runs'>,
  scope: Scope,
  tasks: readonly TaskDocument[],
  object: string,
): Promise<boolean> {
  const following = tasks.filter(
    ({ deletions, objects }) => deletions !== 'ignore' && objects.some((each) => each.object === object),
  );
  const leases = await deps.leases.getMany(
    scope,
    following.map(({ id }) => ({ id })),
  );
  for (const lease of leases) {
    const id = lease?.document.executionId;
    const run = id === undefined ? undefined : (await deps.runs.executions.get(scope, { id, partition: id }))?.document;
    if (run === undefined || isTerminal(run)) continue;
    if (run.plan.objects.some((planned, index) => planned.object === object && isWholeRead(run, index))) return true;
  }
  return false;
}
