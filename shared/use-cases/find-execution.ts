import { AppError } from '../core/app-error.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** A run of an integration. A run of another integration or tenant is the same `not-found` as none. */
export async function findExecution(
  deps: Pick<Deps, 'runs'>,
  scope: Scope,
  { integrationId, executionId }: { readonly integrationId: string; readonly executionId: string },
): Promise<Stored<ExecutionDocument>> {
  const stored = await deps.runs.executions.get(scope, { id: executionId, partition: executionId });
  if (stored?.document.integrationId !== integrationId) {
    throw new AppError('not-found', { detail: 'There is no such execution.' });
  }
  return stored;
}
