import { endCancelled, fail, requestCancel } from '../core/advance-execution.ts';
import { endBulk } from '../core/bulk-run.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { readPartitions } from './bulk-run.ts';
import { moveExecution } from './move-execution.ts';
import { settleExecution } from './settle-execution.ts';

/**
 * Ends a run that is worked on in partitions, with what they came to. Of a run that is to be cancelled, or is given up, those that are left end too:
 * nobody will work on them any more.
 *
 * @param problem why the run is given up; it is the problem of each partition that is left, so that whoever goes on with the run meanwhile ends it the same
 * @returns false when the run was moved meanwhile
 * @throws Error when a partition of a run that is neither cancelled nor given up is left: the run has not come to its end
 */
export async function endRun(
  deps: Deps,
  scope: Scope,
  stored: Stored<ExecutionDocument>,
  problem?: string,
): Promise<boolean> {
  const isStopped = stored.document.state === 'cancelling' || problem !== undefined;
  const partitions: ExecutionDocument[] = [];
  for (const partition of await readPartitions(deps, scope, stored.document)) {
    if (!isStopped && !isTerminal(partition.document)) throw new Error(`${partition.document.id} has not ended`);
    partitions.push(await endPartition(deps, scope, partition, problem));
  }
  const now = deps.now().toISOString();
  const isUnplanned = problem !== undefined && partitions.length === 0;
  const execution = isUnplanned ? fail(stored.document, problem, now) : endBulk(stored.document, partitions, now);
  const moved = await moveExecution(deps, scope, stored, { execution });
  if (moved === undefined) return false;
  await settleExecution(deps, scope, moved.document);
  return true;
}

/**
 * Ends a run that is to be cancelled, and whose partitions were told to stop, when none of them is worked on any more: its orchestration may be waiting
 * for as long as the provider asked.
 *
 * @returns false when some are left
 */
export async function endIdleRun(deps: Deps, scope: Scope, { id }: Pick<ExecutionDocument, 'id'>): Promise<boolean> {
  for (;;) {
    const stored = await deps.runs.executions.get(scope, { id, partition: id });
    if (stored?.document.state !== 'cancelling') return true;
    const partitions = await readPartitions(deps, scope, stored.document);
    if (!partitions.every(({ document }) => isTerminal(document))) return false;
    if (await endRun(deps, scope, stored)) return true;
  }
}

/** Also completes the end of one that ended before: its worker may have died before what follows an end. */
async function endPartition(
  deps: Deps,
  scope: Scope,
  partition: Stored<ExecutionDocument>,
  problem: string | undefined,
): Promise<ExecutionDocument> {
  for (let stored = partition; ; ) {
    const { document } = stored;
    if (isTerminal(document)) {
      await settleExecution(deps, scope, document);
      return document;
    }
    const moved = await moveExecution(deps, scope, stored, {
      execution: ended(document, problem, deps.now().toISOString()),
    });
    const { id } = document;
    const next = moved ?? (await deps.runs.executions.get(scope, { id, partition: id }));
    if (next === undefined) throw new Error(`${id} is gone`);
    stored = next;
  }
}

function ended(partition: ExecutionDocument, problem: string | undefined, now: string): ExecutionDocument {
  if (problem !== undefined) return fail(partition, problem, now);
  return partition.state === 'running' ? requestCancel(partition, now) : endCancelled(partition, now);
}
