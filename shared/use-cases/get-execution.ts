import type { getExecution as route } from '../contracts/executions.ts';
import { AppError } from '../core/app-error.ts';
import { describeExecution } from '../core/describe-execution.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';

/** One run of the integration. A run of another integration or tenant is the same `not-found` as none. */
export async function getExecution(
  deps: Pick<Deps, 'runs' | 'now'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { executionId } = params;
  const stored = await deps.runs.executions.get(scope, { id: executionId, partition: executionId });
  if (stored === undefined || stored.document.integrationId !== params.integrationId) {
    throw new AppError('not-found', { detail: 'There is no such execution.' });
  }
  return { body: describeExecution(stored.document, deps.now()) };
}
