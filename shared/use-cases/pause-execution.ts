import type { pauseExecution as route } from '../contracts/executions.ts';
import { pause } from '../core/advance-execution.ts';
import { canFollow } from '../core/execution-states.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { controlExecution } from './control-execution.ts';
import { stopPartitions } from './stop-partitions.ts';

/**
 * Stops a run for now: its worker, if it has one, commits its page and lets go, and so does the message that was to go on with it. Throws
 * `not-found`, `wrong-state`.
 */
export async function pauseExecution(
  deps: Deps,
  scope: Scope,
  input: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  return controlExecution(deps, scope, input, {
    action: 'execution.paused',
    isDone: ({ state }) => state === 'paused',
    change: async (execution, now) => (canFollow(execution.state, 'paused') ? pause(execution, now) : undefined),
    follow: (execution) => stopPartitions(deps, scope, execution),
  });
}
