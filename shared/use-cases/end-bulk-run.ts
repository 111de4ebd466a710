import { endCancelled, requestCancel } from '../core/advance-execution.ts';
import { endBulk } from '../core/bulk-run.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { readPartitions } from './bulk-run.ts';
import { moveExecution } from './move-execution.ts';
import { reopenLastPage } from './reopen-links.ts';
import { settleExecution } from './settle-execution.ts';

/**
 * Ends a run that is worked on in partitions, with what they came to. Of a run that is to be cancelled those that are left end too: nobody will work on
 * them any more.
 *
 * @returns false when the run was moved meanwhile
 * @throws Error when a partition of a run that is not cancelled is left: the run has not come to its end
 */
export async function endRun(deps: Deps, scope: Scope, stored: Stored<ExecutionDocument>): Promise<boolean> {
  const isCancelled = stored.document.state === 'cancelling';
  const partitions: ExecutionDocument[] = [];
  for (const partition of await readPartitions(deps, scope, stored.document)) {
    if (!isCancelled && !isTerminal(partition.document)) throw new Error(`${partition.document.id} has not ended`);
    partitions.push(await endPartition(deps, scope, partition));
  }
  const execution = endBulk(stored.document, partitions, deps.now().toISOString());
  const ended = await moveExecution(deps, scope, stored, { execution });
  if (ended === undefined) return false;
  await settleExecution(deps, scope, ended.document);
  return true;
}

async function endPartition(
  deps: Deps,
  scope: Scope,
  partition: Stored<ExecutionDocument>,
): Promise<ExecutionDocument> {
  for (let stored = partition; ; ) {
    if (isTerminal(stored.document)) return stored.document;
    await reopenLastPage(deps, scope, stored.document);
    const now = deps.now().toISOString();
    const end = stored.document.state === 'running' ? requestCancel : endCancelled;
    const moved = await moveExecution(deps, scope, stored, { execution: end(stored.document, now) });
    const { id } = stored.document;
    const next = moved ?? (await deps.runs.executions.get(scope, { id, partition: id }));
    if (next === undefined) throw new Error(`${id} is gone`);
    stored = next;
  }
}
