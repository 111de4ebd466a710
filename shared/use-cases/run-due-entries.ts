import { createHash } from 'node:crypto';
import { endCancelled, fail } from '../core/advance-execution.ts';
import { AppError } from '../core/app-error.ts';
import { sameValue } from '../core/canonical.ts';
import type { DueDocument, TaskDueDocument } from '../core/documents/due.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import { isTerminal } from '../core/execution-states.ts';
import { composeId } from '../core/ids.ts';
import type { Deps, Orchestrations, Stored } from '../core/ports.ts';
import { nextRun } from '../core/schedule.ts';
import { type Scope, systemScope } from '../core/scope.ts';
import { reviveConflict, reviveResolution } from './conflicts/revive-conflict.ts';
import { runRequestedPull } from './deliveries/request-pull.ts';
import { sweepDeliveries } from './deliveries/sweep-deliveries.ts';
import { settleOwnRecord } from './edit-shards/settle-own-record.ts';
import { endRun } from './end-bulk-run.ts';
import { wakeErasure } from './erasures/wake-erasure.ts';
import { freeTask } from './hold-task.ts';
import { wakeHold } from './holds/wake-hold.ts';
import { resumeMerge } from './merge-shards/resume-merge.ts';
import { moveExecution } from './move-execution.ts';
import { sweepDispatches } from './outgoing/sweep-dispatches.ts';
import { watchLane } from './push/watch-lane.ts';
import { watchReplay } from './replays/continue-replay.ts';
import { sendSyncMessage } from './send-sync-message.ts';
import { settleExecution } from './settle-execution.ts';
import { startExecution } from './start-execution.ts';

type ClockDeps = Deps & { readonly orchestrations: Orchestrations };

const entriesPerTick = 200;

/** A paused run waits for a person; its watch only sees that it is still there. */
const pausedWatchMs = 3_600_000;

/** A run that no worker takes up for this long fails: its task shall not be occupied for ever. */
const longestIdleMs = 3_600_000;

/**
 * One tick of the clock: starts the tasks that are due and looks after the runs whose watch is due. Each entry for itself; one that fails stays
 * due and is tried at the next tick. Two ticks at once do each thing once.
 *
 * @returns how many entries were looked at
 */
export async function runDueEntries(deps: ClockDeps, traceparent: string): Promise<number> {
  const entries = await deps.due.listDue(deps.now().toISOString(), entriesPerTick);
  for (const entry of entries) {
    const scope = systemScope(entry.document.tenantId, 'clock', traceparent);
    try {
      await runEntry(deps, scope, entry);
    } catch (error) {
      deps.log.alert('a due entry could not be worked on', { ...entry.document, error });
    }
  }
  return entries.length;
}

async function runEntry(deps: ClockDeps, scope: Scope, { document, etag }: Stored<DueDocument>): Promise<void> {
  switch (document.kind) {
    case 'merge':
      return resumeMerge(deps, scope, document.mergeId);
    case 'dispatches':
      return sweepDispatches(deps, scope, { document, etag });
    case 'own-record':
      return settleOwnRecord(deps, scope, document.linkId);
    case 'push':
      return watchLane(deps, scope, { document, etag });
    case 'deliveries':
      return sweepDeliveries(deps, scope, { document, etag });
    case 'pull':
      return runRequestedPull(deps, scope, { document, etag });
    case 'replay':
      return watchReplay(deps, scope, { document, etag });
    case 'erasure':
      return wakeErasure(deps, scope, document.erasureId);
    case 'hold':
      return wakeHold(deps, scope, document.holdId);
    case 'conflict':
      return reviveConflict(deps, scope, document.conflictId);
    case 'conflict-resolution':
      return reviveResolution(deps, scope, document.resolutionId);
    case 'schedule':
      return runSchedule(deps, scope, { document, etag });
    case 'watch':
      return watchRun(deps, scope, { document, etag });
  }
}

/** Starts the task's run for this instant, once; then moves the entry to the next instant after now: a clock that was down catches up with one run. */
async function runSchedule(deps: Deps, scope: Scope, entry: Stored<TaskDueDocument>): Promise<void> {
  const { taskId, integrationId, dueAt } = entry.document;
  const task = (await deps.tasks.get(scope, { id: taskId }))?.document;
  const next = task?.enabled === true ? nextRun(task.schedule, deps.now()) : undefined;
  if (task === undefined || next === undefined) return deps.due.remove(entry.document, entry.etag);
  try {
    await startExecution(deps, scope, {
      integrationId,
      taskId,
      trigger: 'schedule',
      executionId: scheduledExecutionId(taskId, dueAt),
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    deps.log.warn('a scheduled run was left out', {
      tenantId: scope.tenantId,
      taskId,
      dueAt,
      reason: error.code,
      detail: error.detail,
    });
  }
  if ((await deps.due.reschedule(entry, next.toISOString())) === 'moved') await showNextRun(deps, scope, task, next);
}

/** The same instant of the same task is the same run, however often the clock looks. */
function scheduledExecutionId(taskId: string, dueAt: string): string {
  return composeId('execution', Date.parse(dueAt), createHash('sha256').update(`${taskId} ${dueAt}`).digest());
}

/** A task whose schedule was changed meanwhile says itself when it runs next. */
async function showNextRun(deps: Deps, scope: Scope, task: TaskDocument, next: Date): Promise<void> {
  for (;;) {
    const stored = await deps.tasks.get(scope, { id: task.id });
    if (stored?.document.enabled !== true || !sameValue(stored.document.schedule, task.schedule)) return;
    const document: TaskDocument = { ...stored.document, nextRunAt: next.toISOString() };
    if ((await deps.tasks.write(scope, { kind: 'replace', document, etag: stored.etag })).ok) return;
  }
}

/** A run whose lease has ended has lost its worker or its message, or waits in a long queue: it gets a new message, or ends when that no longer helps. */
async function watchRun(deps: Deps, scope: Scope, entry: Stored<TaskDueDocument>): Promise<void> {
  const { taskId, executionId } = entry.document;
  if (executionId === undefined) return deps.due.remove(entry.document, entry.etag);
  const lease = (await deps.leases.get(scope, { id: taskId }))?.document;
  const leaseEndsMs = lease?.executionId === executionId ? Date.parse(lease.expiresAt) : 0;
  if (leaseEndsMs + deps.engine.watchMs > deps.now().getTime()) return lookAgain(deps, entry, leaseEndsMs);
  const stored = await deps.runs.executions.get(scope, { id: executionId, partition: executionId });
  if (stored === undefined) {
    await freeTask(deps, scope, taskId, executionId);
    return deps.due.remove(entry.document, entry.etag);
  }
  if (isTerminal(stored.document)) {
    await settleExecution(deps, scope, stored.document);
    return deps.due.remove(entry.document, entry.etag);
  }
  if (stored.document.state === 'paused') {
    await deps.due.reschedule(entry, new Date(deps.now().getTime() + pausedWatchMs).toISOString());
    return;
  }
  const revived = await revive(deps, scope, stored, leaseEndsMs);
  if (revived === undefined) return;
  if (isTerminal(revived)) return settleExecution(deps, scope, revived);
  await sendSyncMessage(deps, scope, revived);
  // While nobody comes, after twice the time: copies of a message make a long queue longer.
  await lookAgain(deps, entry, deps.now().getTime() + idleMsOf(deps, revived, leaseEndsMs));
}

/**
 * A run that was being worked on counts a lost worker and is queued again; one that is still queued may only have to wait for its turn. Past the
 * limit of either it ends. `undefined` when the run moved meanwhile: somebody works on it after all; and when it was ended with its partitions.
 */
async function revive(
  deps: Deps,
  scope: Scope,
  stored: Stored<ExecutionDocument>,
  leaseEndsMs: number,
): Promise<ExecutionDocument | undefined> {
  const execution = stored.document;
  const document = afterLoss(execution, idleMsOf(deps, execution, leaseEndsMs), deps);
  const { state, revivals } = document;
  deps.log.warn('a run was found without a worker', {
    tenantId: scope.tenantId,
    executionId: document.id,
    state,
    revivals,
  });
  if (document === execution) return execution;
  if (isTerminal(document) && execution.bulk !== undefined) {
    await endRun(deps, scope, stored, document.problem);
    return undefined;
  }
  const note = {
    level: 'warning' as const,
    event: 'worker-lost' as const,
    message: `The run was found without a worker (${revivals} times on this page).`,
  };
  return (await moveExecution(deps, scope, stored, { execution: document, notes: [note] }))?.document;
}

function afterLoss(
  execution: ExecutionDocument,
  idleMs: number,
  { now, engine }: Pick<Deps, 'now' | 'engine'>,
): ExecutionDocument {
  const at = now().toISOString();
  if (execution.state === 'cancelling') return endCancelled(execution, at);
  if (execution.state !== 'running') {
    return idleMs > longestIdleMs ? fail(execution, 'No worker took the run up within an hour.', at) : execution;
  }
  const revivals = execution.revivals + 1;
  return revivals > engine.attempts
    ? fail(execution, 'The run kept losing its worker on the same page. The deployment log says why.', at)
    : { ...execution, state: 'queued', revivals, updatedAt: at };
}

/** How long a run could have been worked on, but was not. While it waits for its tenant's turn, its messages renew the lease. */
function idleMsOf(
  deps: Pick<Deps, 'now'>,
  { updatedAt, waitingUntil }: ExecutionDocument,
  leaseEndsMs: number,
): number {
  const idleSinceMs = Math.max(Date.parse(updatedAt), Date.parse(waitingUntil ?? updatedAt), leaseEndsMs);
  return deps.now().getTime() - idleSinceMs;
}

async function lookAgain(deps: Deps, entry: Stored<DueDocument>, fromMs: number): Promise<void> {
  await deps.due.reschedule(entry, new Date(fromMs + deps.engine.watchMs).toISOString());
}
