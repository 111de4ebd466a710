import type { retryFailedRecord as route } from '../contracts/execution-details.ts';
import { AppError } from '../core/app-error.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findEnded, retryRecords } from './retry-execution.ts';

/** Tries one failed record again, in a run of its own. Throws `not-found`, `wrong-state`, `already-running`, `not-connected`. */
export async function retryFailedRecord(
  deps: Deps,
  scope: Scope,
  { params, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document: original } = await findEnded(deps, scope, params);
  const id = params.failedRecordId;
  const failed = (await deps.runs.failedRecords.get(scope, { id, partition: original.id }))?.document;
  if (failed === undefined) throw new AppError('not-found', { detail: 'There is no such failed record.' });
  if (failed.record === undefined) {
    throw new AppError('wrong-state', { detail: 'The record was not kept: run the task again to read it anew.' });
  }
  if (failed.state === 'resolved' && !attempt.repeated) {
    throw new AppError('wrong-state', { detail: `It was taken in execution ${failed.resolvedBy}.` });
  }
  return { body: await retryRecords(deps, scope, original, { executionId: original.id, records: [id] }) };
}
