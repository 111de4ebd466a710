import { requeue } from '../core/advance-execution.ts';
import { type BulkStep, type BulkWorkerEnvelope, instanceIdOf, workerIdOf } from '../core/bulk-envelope.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import { isTerminal, mayWork } from '../core/execution-states.ts';
import type { Deps, Stored } from '../core/ports.ts';
import { type Scope, systemScope } from '../core/scope.ts';
import { stayMs } from '../core/tenant-slots.ts';
import { beginSlice } from './begin-slice.ts';
import { findBulkRun } from './bulk-run.ts';
import { endIdleRun } from './end-bulk-run.ts';
import { type Hold, keepTask } from './hold-task.ts';
import { moveExecution } from './move-execution.ts';
import { showBulkProgress } from './show-bulk-progress.ts';
import { stopPartitions } from './stop-partitions.ts';
import { leavePartitions, takePartition } from './take-partition.ts';
import { leaveSlot, type TenantSlot, takeSlot } from './tenant-slots.ts';
import { workPages } from './work-pages.ts';

/** When a partition can't be worked on just now. */
const shortlyMs = 1000;

const nothingLeft: BulkStep = { goesOn: false, delayMs: 0, status: null };

/**
 * Works on a partition of a bulk run for one slice of pages: the one that this worker has, or another that nobody has. The newest orchestration of the
 * run takes partitions from whoever has them; a stale worker's page is refused by the partition's ETag. Safe to repeat.
 */
export async function workOnPartition(deps: Deps, envelope: BulkWorkerEnvelope): Promise<BulkStep> {
  const scope = systemScope(envelope.tenantId, 'bulk-sync', envelope.traceparent);
  const run = await findWorkableRun(deps, scope, envelope);
  if (run === undefined) return nothingLeft;
  const slot = await takeSlot(deps, scope, workerIdOf(envelope));
  const step =
    slot === undefined
      ? { goesOn: true, delayMs: stayMs(deps.random()), status: null }
      : await workInSlot(deps, scope, envelope, run, slot);
  await showBulkProgress(deps, scope, envelope);
  // The run lives at least until the worker's next step.
  await keepTask(deps, scope, run, instanceIdOf(envelope), step.delayMs);
  return step;
}

/** `undefined` when nothing more may be done for the run; the partitions of one that a person has stopped are stopped, too, and one that is cancelled ends with the last of them. */
async function findWorkableRun(
  deps: Deps,
  scope: Scope,
  envelope: BulkWorkerEnvelope,
): Promise<ExecutionDocument | undefined> {
  const run = (await findBulkRun(deps, scope, envelope))?.document;
  if (run === undefined || mayWork(run)) return run;
  await leavePartitions(deps, scope, run, workerIdOf(envelope));
  await stopPartitions(deps, scope, run);
  if (run.state === 'cancelling') await endIdleRun(deps, scope, run);
  return undefined;
}

async function workInSlot(
  deps: Deps,
  scope: Scope,
  envelope: BulkWorkerEnvelope,
  run: ExecutionDocument,
  slot: TenantSlot,
): Promise<BulkStep> {
  let stay = 0;
  let step = nothingLeft;
  try {
    const taken = await takePartition(deps, scope, run, workerIdOf(envelope));
    if (taken !== undefined) {
      const { partition, hold } = taken;
      step = await workOnSlice(deps, scope, envelope, run, { partition, hold: { ...hold, slot } });
    }
  } finally {
    stay = await leaveSlot(deps, scope, slot);
  }
  return { ...step, delayMs: Math.max(step.delayMs, stay) };
}

async function workOnSlice(
  deps: Deps,
  scope: Scope,
  envelope: BulkWorkerEnvelope,
  run: ExecutionDocument,
  { partition, hold }: { readonly partition: Stored<ExecutionDocument>; readonly hold: Hold },
): Promise<BulkStep> {
  const { id } = partition.document;
  const key = { id, partition: id };
  if (partition.document.state === 'paused') {
    await wake(deps, scope, partition);
    // Whoever paused the run again before that left the partition as it was.
    if ((await findWorkableRun(deps, scope, envelope)) === undefined) return nothingLeft;
  }
  const keepRun = async () => {
    if (!(await keepTask(deps, scope, run, instanceIdOf(envelope)))) return false;
    await showBulkProgress(deps, scope, envelope);
    return true;
  };
  const slice = await beginSlice(deps, scope, hold, key, keepRun);
  const end = slice === undefined || slice.pauseMs > 0 ? undefined : await workPages(slice);
  const now = (await deps.runs.executions.get(scope, key))?.document;
  return {
    goesOn: true,
    delayMs: delayOf(end, slice?.pauseMs, now),
    status: { partition: partition.document.partition?.index ?? 0, received: now?.counts.received ?? 0 },
  };
}

function delayOf(
  end: { readonly goesOn: boolean; readonly delayMs?: number } | undefined,
  pauseMs: number | undefined,
  partition: ExecutionDocument | undefined,
): number {
  if (partition === undefined || isTerminal(partition)) return 0;
  return end?.goesOn === true ? (end.delayMs ?? 0) : (pauseMs ?? shortlyMs);
}

/** The run goes on, and its partitions with it. One that someone else moves meanwhile is looked at again. */
async function wake(deps: Deps, scope: Scope, partition: Stored<ExecutionDocument>): Promise<void> {
  const execution = requeue(partition.document, deps.now().toISOString());
  await moveExecution(deps, scope, partition, { execution, cause: 'the run goes on' });
}
