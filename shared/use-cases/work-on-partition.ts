import { requeue } from '../core/advance-execution.ts';
import { instanceIdOf, type PartitionEnvelope, type PartitionStep } from '../core/bulk-envelope.ts';
import { type ExecutionDocument, partitionIdOf } from '../core/documents/execution.ts';
import { isTerminal, mayWork } from '../core/execution-states.ts';
import type { Deps, Key, Stored } from '../core/ports.ts';
import { type Scope, systemScope } from '../core/scope.ts';
import { beginSlice } from './begin-slice.ts';
import { findBulkRun } from './bulk-run.ts';
import { assignHold, holdTask, keepTask } from './hold-task.ts';
import { moveExecution } from './move-execution.ts';
import { showBulkProgress } from './show-bulk-progress.ts';
import { stopPartition } from './stop-partitions.ts';
import { workPages } from './work-pages.ts';

/** When a partition can't be worked on just now. */
const shortlyMs = 1000;

/**
 * Works on one partition for one slice of pages. The newest orchestration of the run takes the partition from whoever has it; a stale worker's
 * page is refused by the partition's ETag. Safe to repeat.
 */
export async function workOnPartition(deps: Deps, envelope: PartitionEnvelope): Promise<PartitionStep> {
  const scope = systemScope(envelope.tenantId, 'bulk-sync', envelope.traceparent);
  const run = await findBulkRun(deps, scope, envelope);
  if (run === undefined) return { kind: 'stop' };
  const id = partitionIdOf(envelope.executionId, envelope.partition);
  const key = { id, partition: id };
  const partition = await deps.runs.executions.get(scope, key);
  if (partition === undefined || isTerminal(partition.document)) return { kind: 'done' };
  if (!mayWork(run.document)) {
    await stopPartition(deps, scope, run.document, partition);
    return { kind: 'stop' };
  }
  if (partition.document.state === 'paused' && !(await wake(deps, scope, partition)))
    return { kind: 'again', delayMs: shortlyMs };
  const step = await workOnSlice(deps, scope, envelope, key, run.document);
  await showBulkProgress(deps, scope, envelope);
  // The run lives at least until the partition's next turn.
  if (step.kind === 'again') await keepTask(deps, scope, run.document, instanceIdOf(envelope), step.delayMs);
  return step;
}

/** The run goes on, and its partitions with it. */
async function wake(deps: Deps, scope: Scope, partition: Stored<ExecutionDocument>): Promise<boolean> {
  const execution = requeue(partition.document, deps.now().toISOString());
  return (await moveExecution(deps, scope, partition, { execution, cause: 'the run goes on' })) !== undefined;
}

async function workOnSlice(
  deps: Deps,
  scope: Scope,
  envelope: PartitionEnvelope,
  key: Key & { readonly partition: string },
  run: ExecutionDocument,
): Promise<PartitionStep> {
  const holder = instanceIdOf(envelope);
  await assignHold(deps, scope, { leaseId: key.id, executionId: key.id }, holder);
  const hold = await holdTask(deps, scope, { leaseId: key.id, executionId: key.id, messageId: holder });
  if (typeof hold === 'string' || 'sendAgain' in hold) return { kind: 'again', delayMs: shortlyMs };
  const keepRun = async () => {
    if (!(await keepTask(deps, scope, run, holder))) return false;
    await showBulkProgress(deps, scope, envelope);
    return true;
  };
  const slice = await beginSlice(deps, scope, hold, key, keepRun);
  const end = slice === undefined || slice.pauseMs > 0 ? undefined : await workPages(slice);
  if (end?.goesOn === true) return { kind: 'again', delayMs: end.delayMs };
  const now = (await deps.runs.executions.get(scope, key))?.document;
  if (now === undefined || isTerminal(now)) return { kind: 'done' };
  return { kind: 'again', delayMs: slice?.pauseMs ?? shortlyMs };
}
