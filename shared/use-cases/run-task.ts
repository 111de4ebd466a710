import type { runTask as route } from '../contracts/executions.ts';
import { describeExecution } from '../core/describe-execution.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { recordAudit } from './record-audit.ts';
import { startExecution } from './start-execution.ts';

/** Runs a task now. A repeated request derives the same id and finds its run. Throws `not-found`, `already-running`, `not-connected`. */
export async function runTask(
  deps: Deps,
  scope: Scope,
  { params, body }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const execution = await startExecution(deps, scope, {
    integrationId: params.integrationId,
    taskId: params.taskId,
    mode: body?.mode,
    trigger: 'manual',
    executionId: deps.newId('execution'),
  });
  await recordAudit(deps, scope, { action: 'task.run', subject: execution.taskId, detail: execution.executionId });
  return { body: describeExecution(execution, deps.now()) };
}
