import { fail } from '../core/advance-execution.ts';
import { wantsBulk } from '../core/bulk-run.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { SyncPagesEnvelope } from '../core/envelope.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { Deps, Orchestrations, Stored } from '../core/ports.ts';
import { type Scope, systemScope } from '../core/scope.ts';
import { stayMs } from '../core/tenant-slots.ts';
import { announceRunEnd } from './announce-run-end.ts';
import { beginSlice } from './begin-slice.ts';
import { endRun } from './end-bulk-run.ts';
import { type Hold, handOver, holdTask } from './hold-task.ts';
import { moveExecution } from './move-execution.ts';
import { reopenLastPage } from './reopen-links.ts';
import { settleExecution } from './settle-execution.ts';
import { bulkEnvelopeOf, startBulk, startOrchestration } from './start-bulk.ts';
import { leaveSlot, takeSlot } from './tenant-slots.ts';
import { workPages } from './work-pages.ts';

/** A worker can also hand a large run over to an orchestration. */
export type WorkerDeps = Deps & { readonly orchestrations: Orchestrations };

/**
 * Works on a run from its checkpoint, for one slice of pages, and sends the message that goes on with it. Repeating or duplicating the message
 * does no harm: the lease lets one worker through, the run's ETag refuses a worker that lost it. A message for whose tenant enough others are
 * worked on keeps the run's lease and comes again.
 *
 * Resolves when the message is done with, also when the run failed or another worker has it; rejects when the message is to be delivered again.
 */
export async function workOnSlice(deps: WorkerDeps, envelope: SyncPagesEnvelope): Promise<void> {
  const scope = systemScope(envelope.tenantId, 'sync-pages', envelope.traceparent);
  const key = { id: envelope.executionId, partition: envelope.executionId };
  const found = await deps.runs.executions.get(scope, key);
  if (found === undefined) {
    deps.log.alert('a message names a run that is not there', { ...envelope });
    return;
  }
  const { integrationId, taskId } = found.document;
  if (envelope.integrationId !== integrationId || envelope.taskId !== taskId) {
    deps.log.alert('a message does not fit the run that it names', { ...envelope });
    return;
  }
  if (isTerminal(found.document)) return settleExecution(deps, scope, found.document);
  const hold = await holdTask(deps, scope, { ...envelope, leaseId: taskId });
  if (hold === 'busy') return;
  if (hold === 'not-ours') return endOrphan(deps, scope, found);
  if ('sendAgain' in hold) {
    if (found.document.bulk !== undefined) return startOrchestration(deps, bulkEnvelopeOf(scope, found.document));
    const delayMs = Math.max(0, hold.untilMs - deps.now().getTime());
    return deps.syncQueue.send({ ...envelope, messageId: hold.sendAgain }, delayMs);
  }
  if (found.document.bulk !== undefined || wantsBulk(found.document, deps.engine))
    return startBulk(deps, scope, hold, key);
  const slot = await takeSlot(deps, scope, envelope.messageId);
  if (slot === undefined) return sendNext(deps, scope, envelope, hold, stayMs(deps.random()));
  try {
    await workInSlot(deps, scope, envelope, { ...hold, slot });
  } finally {
    await leaveSlot(deps, scope, slot);
  }
}

async function workInSlot(deps: WorkerDeps, scope: Scope, envelope: SyncPagesEnvelope, hold: Hold): Promise<void> {
  const key = { id: envelope.executionId, partition: envelope.executionId };
  const slice = await beginSlice(deps, scope, hold, key);
  if (slice === undefined) return;
  const end = slice.pauseMs > 0 ? { goesOn: true, delayMs: slice.pauseMs } : await workPages(slice);
  if (!end.goesOn) return;
  const delayMs = end.delayMs ?? 0;
  if (delayMs === 0 && wantsBulk(slice.run.document, deps.engine)) return startBulk(deps, scope, slice.hold, key);
  await sendNext(deps, scope, envelope, slice.hold, delayMs);
}

/** A run that lost its task can't go on, nor can it be found by the next start: it ends here, unless it has ended already. */
async function endOrphan(deps: Deps, scope: Scope, stored: Stored<ExecutionDocument>): Promise<void> {
  const problem = 'Its task was given to another run.';
  const isEnded =
    stored.document.bulk === undefined
      ? await failOrphan(deps, scope, stored, problem)
      : await endRun(deps, scope, stored, problem);
  if (isEnded) deps.log.alert('a run had lost its task', { tenantId: scope.tenantId, executionId: stored.document.id });
}

async function failOrphan(
  deps: Deps,
  scope: Scope,
  stored: Stored<ExecutionDocument>,
  problem: string,
): Promise<boolean> {
  await reopenLastPage(deps, scope, stored.document);
  const execution = fail(stored.document, problem, deps.now().toISOString());
  const ended = await moveExecution(deps, scope, stored, { execution });
  if (ended === undefined) return false;
  await announceRunEnd(deps, scope, ended.document);
  return true;
}

/** Where the tenant's other runs wait for a place, this one lines up behind them. */
async function sendNext(
  deps: Deps,
  scope: Scope,
  envelope: SyncPagesEnvelope,
  hold: Hold,
  pauseMs: number,
): Promise<void> {
  const messageId = deps.newId('message');
  const delayMs = hold.slot === undefined ? pauseMs : Math.max(pauseMs, await leaveSlot(deps, scope, hold.slot));
  if (!(await handOver(deps, scope, hold, messageId, delayMs))) return;
  await deps.syncQueue.send({ ...envelope, messageId }, delayMs);
}
