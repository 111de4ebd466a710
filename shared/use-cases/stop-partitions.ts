import { endCancelled, pause, requestCancel } from '../core/advance-execution.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { readPartitions } from './bulk-run.ts';
import { isHeld } from './hold-task.ts';
import { moveExecution } from './move-execution.ts';

/** Has the partitions of a paused or cancelled run stop within their page. Repeatable. */
export async function stopPartitions(deps: Deps, scope: Scope, run: ExecutionDocument): Promise<void> {
  if (run.state !== 'paused' && run.state !== 'cancelling') return;
  for (const partition of await readPartitions(deps, scope, run)) await stopPartition(deps, scope, run, partition);
}

/** A page that is in the midst is committed; then its worker sees what was asked. */
async function stopPartition(
  deps: Deps,
  scope: Scope,
  run: ExecutionDocument,
  partition: Stored<ExecutionDocument>,
): Promise<void> {
  for (let stored = partition; ; ) {
    const { id } = stored.document;
    const isWorked = run.state === 'cancelling' && (await isWorkedOn(deps, scope, stored.document));
    const execution = stopped(run, stored.document, isWorked, deps.now().toISOString());
    if (execution === undefined) return;
    const cause = `the run is ${run.state}`;
    if ((await moveExecution(deps, scope, stored, { execution, cause })) !== undefined) return;
    const now = await deps.runs.executions.get(scope, { id, partition: id });
    if (now === undefined) return;
    stored = now;
  }
}

/** One that was paused may still have the worker that was there then, also after it was woken. */
async function isWorkedOn(deps: Deps, scope: Scope, { id, state, waitingUntil }: ExecutionDocument): Promise<boolean> {
  return state === 'running' || (waitingUntil === undefined && (await isHeld(deps, scope, id, id)));
}

function stopped(
  run: ExecutionDocument,
  partition: ExecutionDocument,
  isWorked: boolean,
  now: string,
): ExecutionDocument | undefined {
  const { state } = partition;
  if (isTerminal(partition) || state === 'cancelling') return undefined;
  if (run.state === 'paused') return state === 'paused' ? undefined : pause(partition, now);
  if (run.state !== 'cancelling') return undefined;
  return isWorked ? requestCancel(partition, now) : endCancelled(partition, now);
}
