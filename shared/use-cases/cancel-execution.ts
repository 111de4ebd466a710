import type { cancelExecution as route } from '../contracts/executions.ts';
import { endCancelled, requestCancel } from '../core/advance-execution.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { controlExecution } from './control-execution.ts';
import { endIdleRun, endRun } from './end-bulk-run.ts';
import { isHeld } from './hold-task.ts';
import { settleExecution } from './settle-execution.ts';
import { stopPartitions } from './stop-partitions.ts';

/**
 * Stops a run for good. Where a worker may be in the midst of a page, the run is `cancelling` until that page is committed. Throws `not-found`,
 * `wrong-state` for a run that has ended otherwise.
 */
export async function cancelExecution(
  deps: Deps,
  scope: Scope,
  input: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  return controlExecution(deps, scope, input, {
    action: 'execution.cancelled',
    isDone: ({ state }) => state === 'cancelling' || state === 'cancelled',
    change: async (execution, now) => {
      if (isTerminal(execution)) return undefined;
      const isWorked = execution.bulk !== undefined || (await isWorkedOn(deps, scope, execution));
      return isWorked ? requestCancel(execution, now) : endCancelled(execution, now);
    },
    follow: async (execution) => {
      if (execution.state === 'cancelled') return settleExecution(deps, scope, execution);
      if (execution.bulk !== undefined) await stopBulk(deps, scope, execution);
    },
  });
}

/**
 * A paused run may still have the worker that was there when it was paused, also after it was resumed. One that waits has none, although its
 * task may be held for the message that comes when the wait is over.
 */
async function isWorkedOn(deps: Deps, scope: Scope, execution: ExecutionDocument): Promise<boolean> {
  if (execution.state === 'running') return true;
  return execution.waitingUntil === undefined && (await isHeld(deps, scope, execution.taskId, execution.id));
}

/** Its partitions stop within their page; then its orchestration ends it. Where none is in a page any more, or there is no orchestration, we do. */
async function stopBulk(deps: Deps, scope: Scope, execution: ExecutionDocument): Promise<void> {
  await stopPartitions(deps, scope, execution);
  if (await endIdleRun(deps, scope, execution)) return;
  if (await isHeld(deps, scope, execution.taskId, execution.id)) return;
  const { id } = execution;
  const stored = await deps.runs.executions.get(scope, { id, partition: id });
  if (stored?.document.state === 'cancelling') await endRun(deps, scope, stored);
}
