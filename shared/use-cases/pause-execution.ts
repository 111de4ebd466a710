import type { pauseExecution as route } from '../contracts/executions.ts';
import { pause } from '../core/advance-execution.ts';
import { canFollow } from '../core/execution-states.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { controlExecution } from './control-execution.ts';
import { assignHold } from './hold-task.ts';
import { stopPartitions } from './stop-partitions.ts';

/** Stops a run for now: its worker, if it has one, commits its page and lets go. Throws `not-found`, `wrong-state`. */
export async function pauseExecution(
  deps: Deps,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  return controlExecution(deps, scope, params, {
    action: 'execution.paused',
    isDone: ({ state }) => state === 'paused',
    change: async (execution, now) => (canFollow(execution.state, 'paused') ? pause(execution, now) : undefined),
    // Nobody works on a run that was queued or waiting; the message that would have is no holder any more.
    follow: async (execution, before) => {
      if (before.state === 'queued' || before.state === 'waiting')
        await assignHold(deps, scope, { leaseId: execution.taskId, executionId: execution.id }, undefined);
      await stopPartitions(deps, scope, execution);
    },
  });
}
