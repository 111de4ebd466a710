import type { resumeExecution as route } from '../contracts/executions.ts';
import { requeue } from '../core/advance-execution.ts';
import { AppError } from '../core/app-error.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { controlExecution } from './control-execution.ts';
import { assignHold } from './hold-task.ts';
import { putWatch } from './put-watch.ts';
import { sendSyncMessage } from './send-sync-message.ts';

/**
 * Goes on with a paused run from its checkpoint; a pause that the provider asked for still holds. Throws `not-found`, `wrong-state`, also for a run that
 * waits for a decision about a hold.
 */
export async function resumeExecution(
  deps: Deps,
  scope: Scope,
  input: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  return resumeRun(deps, scope, input, undefined);
}

/** @param approved the hold that was approved, for which the run was paused */
export async function resumeRun(
  deps: Deps,
  scope: Scope,
  input: InputOf<typeof route>,
  approved: string | undefined,
): Promise<OutputOf<typeof route>> {
  return controlExecution(deps, scope, input, {
    action: 'execution.resumed',
    isDone: ({ state }) => state === 'queued',
    change: async (execution, now) => {
      if (execution.state !== 'paused') return undefined;
      if (execution.holdId !== undefined && execution.holdId !== approved) {
        const detail = `The execution waits for the decision about hold ${execution.holdId}.`;
        throw new AppError('wrong-state', { detail });
      }
      // Before anything else: should the message be lost, the watch finds the run.
      await putWatch(deps, scope, execution, deps.now().getTime() + deps.engine.leaseMs + deps.engine.watchMs);
      return requeue(execution, now);
    },
    follow: (execution) => sendMessage(deps, scope, execution),
  });
}

async function sendMessage(deps: Deps, scope: Scope, execution: ExecutionDocument): Promise<void> {
  const { taskId, id: executionId } = execution;
  const messageId = deps.newId('message');
  if (!(await assignHold(deps, scope, { leaseId: taskId, executionId }, messageId))) return;
  await sendSyncMessage(deps, scope, execution, messageId);
}
