import type { rollBackExecution as route } from '../../contracts/rollbacks.ts';
import { AppError } from '../../core/app-error.ts';
import { describeExecution } from '../../core/describe-execution.ts';
import type { ExecutionDocument } from '../../core/documents/execution.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { listHoldsOfTask } from '../holds/known-holds.ts';
import { recordAudit } from '../record-audit.ts';
import { findEnded } from '../retry-execution.ts';
import { previewRollback } from './preview-rollback.ts';
import { startRollback } from './start-rollback.ts';

/**
 * Takes back what an ended run wrote, or tells what that would do. A repeated request finds the rollback that it started. Throws `not-found`,
 * `wrong-state`, `already-running`.
 */
export async function rollBackExecution(
  deps: Deps,
  scope: Scope,
  { params, body }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { preview = false, acceptProvider = false } = body ?? {};
  const { document: undone } = await findEnded(deps, scope, params);
  if (preview) return { body: { foreseen: await previewRollback(deps, scope, undone) } };
  await assertNothingIsCarriedOut(deps, scope, undone);
  const executionId = deps.newId('execution');
  const execution = await startRollback(deps, scope, undone, { executionId, acceptProvider });
  await recordAudit(deps, scope, {
    action: 'execution.rolled-back',
    subject: undone.taskId,
    detail: `${undone.id} ${execution.id}`,
  });
  return { body: { execution: describeExecution(execution, deps.now()) } };
}

/** What is still being deleted would be deleted behind the rollback's back. */
async function assertNothingIsCarriedOut(
  deps: Pick<Deps, 'holds'>,
  scope: Scope,
  { id, taskId }: ExecutionDocument,
): Promise<void> {
  const approved = await listHoldsOfTask(deps, scope, taskId, ['approved']);
  const own = approved.find(({ executionId, action }) => executionId === id && action.kind === 'delete-missing');
  if (own === undefined) return;
  const detail = `What was approved of the execution is being carried out (hold ${own.id}): cancel that, or wait for its end.`;
  throw new AppError('wrong-state', { detail });
}
