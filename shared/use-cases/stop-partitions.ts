import { endCancelled, pause, requestCancel } from '../core/advance-execution.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { readPartitions } from './bulk-run.ts';
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
    const execution = stopped(run, stored.document, deps.now().toISOString());
    if (execution === undefined) return;
    const cause = `the run is ${run.state}`;
    if ((await moveExecution(deps, scope, stored, { execution, cause })) !== undefined) return;
    const now = await deps.runs.executions.get(scope, { id: stored.document.id, partition: stored.document.id });
    if (now === undefined) return;
    stored = now;
  }
}

function stopped(run: ExecutionDocument, partition: ExecutionDocument, now: string): ExecutionDocument | undefined {
  const { state } = partition;
  if (isTerminal(partition) || state === 'cancelling') return undefined;
  if (run.state === 'paused') return state === 'paused' ? undefined : pause(partition, now);
  if (run.state !== 'cancelling') return undefined;
  return state === 'running' ? requestCancel(partition, now) : endCancelled(partition, now);
}
