import type { ExecutionDocument } from '../../core/documents/execution.ts';
import type { Deps } from '../../core/ports.ts';
import { planRollback } from '../../core/rollback/plan-rollback.ts';
import type { Scope } from '../../core/scope.ts';
import { createExecution } from '../move-execution.ts';
import { putWatch } from '../put-watch.ts';
import { sendSyncMessage } from '../send-sync-message.ts';
import { occupy } from '../start-execution.ts';

/**
 * Queues a run that takes another one back. It needs neither the provider nor the task's mappings, only the task's lease: in the order of writes of
 * `startExecution`, and like it completed by the watch after a crash.
 *
 * @param executionId starting again with the same id finds the rollback that was started
 * @throws AppError `already-running`
 */
export async function startRollback(
  deps: Deps,
  scope: Scope,
  undone: ExecutionDocument,
  { executionId, acceptProvider }: { readonly executionId: string; readonly acceptProvider: boolean },
): Promise<ExecutionDocument> {
  const started = await deps.runs.executions.get(scope, { id: executionId, partition: executionId });
  if (started !== undefined) return started.document;
  const { integrationId, taskId } = undone;
  await occupy(deps, scope, { integrationId, taskId }, executionId);
  const now = deps.now();
  const execution = planRollback(undone, { executionId, acceptProvider, now: now.toISOString() });
  await putWatch(deps, scope, execution, now.getTime() + deps.engine.leaseMs + deps.engine.watchMs);
  await createExecution(deps, scope, execution);
  await sendSyncMessage(deps, scope, execution);
  return execution;
}
