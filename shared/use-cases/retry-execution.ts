import type { retryExecution as route } from '../contracts/executions.ts';
import { AppError } from '../core/app-error.ts';
import { describeExecution } from '../core/describe-execution.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import { isTerminal } from '../core/execution-states.ts';
import { continueFrom, planExecution, planRetryOfRecords } from '../core/plan-execution.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findExecution } from './find-execution.ts';
import { recordAudit } from './record-audit.ts';
import { type StartExecutionInput, startExecution } from './start-execution.ts';

/**
 * Starts a run that does again what an ended one did, from its checkpoint where that still holds, or only its failed records. A repeated request
 * finds the run that it started. Throws `not-found`, `wrong-state`, `already-running`, `not-connected`.
 */
export async function retryExecution(
  deps: Deps,
  scope: Scope,
  { params, body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document: original } = await findEnded(deps, scope, params);
  if (body?.records === 'failed') {
    // The first try of this request may have taken them all.
    if (!attempt.repeated) await assertSomeFailed(deps, scope, original);
    return { body: await retryRecords(deps, scope, original, { executionId: original.id }) };
  }
  const { failedOf, rollback } = original.plan;
  if (rollback !== undefined) {
    throw new AppError('wrong-state', { detail: 'A rollback is not retried: roll the same execution back again.' });
  }
  if (failedOf !== undefined) return { body: await retryRecords(deps, scope, original, failedOf) };
  const plan: StartExecutionInput['plan'] = (task, input) => continueFrom(planExecution(task, input), original);
  return { body: await start(deps, scope, original, original.mode, plan) };
}

/** Starts a run over failed records; all of them that are left, unless some are named. */
export async function retryRecords(
  deps: Deps,
  scope: Scope,
  original: ExecutionDocument,
  failedOf: NonNullable<ExecutionDocument['plan']['failedOf']>,
): Promise<ReturnType<typeof describeExecution>> {
  return start(deps, scope, original, 'full', (task, input) => planRetryOfRecords(task, input, failedOf, original.id));
}

/** A run that has ended: only then is it known what it left. */
export async function findEnded(
  deps: Pick<Deps, 'runs'>,
  scope: Scope,
  params: { readonly integrationId: string; readonly executionId: string },
): Promise<{ readonly document: ExecutionDocument }> {
  const stored = await findExecution(deps, scope, params);
  if (isTerminal(stored.document)) return stored;
  throw new AppError('wrong-state', { detail: `The execution is ${stored.document.state}: it has not ended yet.` });
}

async function assertSomeFailed(deps: Deps, scope: Scope, original: ExecutionDocument): Promise<void> {
  const [some] = await deps.runs.failedRecords.list(scope, {
    partition: original.id,
    filters: [{ field: 'state', is: 'equal', value: 'failed' }],
    order: 'ascending',
    limit: 1,
  });
  if (some === undefined) throw new AppError('wrong-state', { detail: 'The execution has no failed records left.' });
}

async function start(
  deps: Deps,
  scope: Scope,
  original: ExecutionDocument,
  mode: ExecutionDocument['mode'],
  plan: NonNullable<StartExecutionInput['plan']>,
): Promise<ReturnType<typeof describeExecution>> {
  const { integrationId, taskId } = original;
  const executionId = deps.newId('execution');
  const execution = await startExecution(deps, scope, {
    integrationId,
    taskId,
    mode,
    trigger: 'retry',
    executionId,
    plan,
  });
  await recordAudit(deps, scope, {
    action: 'execution.retried',
    subject: taskId,
    detail: `${original.id} ${execution.id}`,
  });
  return describeExecution(execution, deps.now());
}
