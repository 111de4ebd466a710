import type { AdapterFailure } from '../core/adapter.ts';
import {
  beginWork,
  emptyPagesAfter,
  fail,
  isTerminal,
  readAnew,
  restartObject,
  waitUntil,
} from '../core/advance-execution.ts';
import { AppError, CorruptDocument } from '../core/app-error.ts';
import { type Converter, compileMapping } from '../core/convert-record.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { SyncPagesEnvelope } from '../core/envelope.ts';
import { reactTo } from '../core/failure-reactions.ts';
import type { Deps, Stored } from '../core/ports.ts';
import { type Scope, systemScope } from '../core/scope.ts';
import { stayMs } from '../core/tenant-slots.ts';
import { sourceOf } from '../core/watermark.ts';
import { announceRunEnd } from './announce-run-end.ts';
import { commitPage } from './commit-page.ts';
import { type Hold, handOver, holdTask, renewHold } from './hold-task.ts';
import { openIntegration } from './open-integration.ts';
import { type Position, type Pulled, pullPage } from './pull-page.ts';
import { reopenLastPage } from './reopen-links.ts';
import { reportFailingConnection } from './report-failing-connection.ts';
import { settleExecution } from './settle-execution.ts';
import { leaveSlot, takeSlot } from './tenant-slots.ts';

/** What one message works with. */
interface Slice {
  readonly deps: Deps;
  readonly scope: Scope;
  readonly envelope: SyncPagesEnvelope;
  hold: Hold;
  run: Stored<ExecutionDocument>;
  /** With what the pages are read. */
  connection?: IntegrationDocument['connection'];
}

/**
 * Works on a run from its checkpoint, for one slice of pages, and sends the message that goes on with it. Repeating or duplicating the message
 * does no harm: the lease lets one worker through, the run's ETag refuses a worker that lost it. A message for whose tenant enough others are
 * worked on keeps the run's lease and comes again.
 *
 * Resolves when the message is done with, also when the run failed or another worker has it; rejects when the message is to be delivered again.
 */
export async function workOnSlice(deps: Deps, envelope: SyncPagesEnvelope): Promise<void> {
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
  const hold = await holdTask(deps, scope, envelope);
  if (hold === 'busy') return;
  if (hold === 'not-ours') return endOrphan(deps, scope, found);
  if ('sendAgain' in hold) {
    const delayMs = Math.max(0, hold.untilMs - deps.now().getTime());
    return deps.syncQueue.send({ ...envelope, messageId: hold.sendAgain }, delayMs);
  }
  const slot = await takeSlot(deps, scope, envelope.messageId);
  if (slot === undefined) return sendNext({ deps, scope, envelope, hold }, stayMs(deps.random()));
  try {
    await workInSlot(deps, scope, envelope, { ...hold, slot });
  } finally {
    await leaveSlot(deps, scope, slot);
  }
}

async function workInSlot(deps: Deps, scope: Scope, envelope: SyncPagesEnvelope, hold: Hold): Promise<void> {
  const run = await begin(deps, scope, hold.fence, { id: envelope.executionId, partition: envelope.executionId });
  if (run === undefined) return;
  const slice: Slice = { deps, scope, envelope, hold, run };
  if (isTerminal(run.document)) return settleExecution(deps, scope, run.document);
  const pauseMs = pauseMsOf(run.document, deps.now());
  if (pauseMs > 0) return sendNext(slice, pauseMs);
  try {
    await workPages(slice);
  } catch (error) {
    const problem = problemOf(error);
    // An end is final: what fails after it is tried again, and the watch settles the run.
    if (problem === undefined || isTerminal(slice.run.document)) throw error;
    if (error instanceof CorruptDocument) deps.log.alert(error.message, { tenantId: scope.tenantId });
    await endFailed(slice, problem);
  }
}

/** A run that lost its task can't go on, nor can it be found by the next start: it ends here, unless it has ended already. */
async function endOrphan(deps: Deps, scope: Scope, { document, etag }: Stored<ExecutionDocument>): Promise<void> {
  await reopenLastPage(deps, scope, document);
  const failed = fail(document, 'Its task was given to another run.', deps.now().toISOString());
  const result = await deps.runs.executions.write(scope, { kind: 'replace', document: failed, etag });
  if (!result.ok) return;
  await announceRunEnd(deps, scope, failed);
  deps.log.alert('a run had lost its task', { tenantId: scope.tenantId, executionId: document.id });
}

/** How long the provider asked to be left alone from now on, in milliseconds; its message may come early, after a crash. */
function pauseMsOf({ waitingUntil }: ExecutionDocument, now: Date): number {
  return waitingUntil === undefined ? 0 : Math.max(0, Date.parse(waitingUntil) - now.getTime());
}

/** Moves the run to this holder, unless it has to wait. From here on, whatever a former holder writes to the run is refused. */
async function begin(
  deps: Deps,
  scope: Scope,
  fence: number,
  key: { id: string; partition: string },
): Promise<Stored<ExecutionDocument> | undefined> {
  for (;;) {
    const stored = await deps.runs.executions.get(scope, key);
    if (stored === undefined || stored.document.fence > fence) return undefined;
    if (isTerminal(stored.document) || pauseMsOf(stored.document, deps.now()) > 0) return stored;
    const document = beginWork(stored.document, fence, deps.now().toISOString());
    const result = await deps.runs.executions.write(scope, { kind: 'replace', document, etag: stored.etag });
    if (result.ok) return { document, etag: result.etag };
  }
}

/** Failures that trying the same message again cannot mend, in words for people. */
function problemOf(error: unknown): string | undefined {
  if (error instanceof AppError && error.code === 'unavailable') return undefined;
  if (error instanceof AppError) return error.detail ?? 'The run could not go on.';
  if (error instanceof CorruptDocument) return error.message;
  return undefined;
}

async function workPages(slice: Slice): Promise<void> {
  const { deps, scope } = slice;
  const source = await openSource(slice);
  if (source === undefined) return;
  const pull = (position: Position): Promise<Pulled> => pullPage(deps, source, slice.run.document, position);
  const converters = new Map<number, Converter>();
  const startedAtMs = deps.now().getTime();
  let ahead = pull(slice.run.document.checkpoint);
  for (let pages = 1; ; pages += 1) {
    const pulled = await ahead;
    if (!pulled.ok) return react(slice, pulled.failure);
    const { objectIndex } = slice.run.document.checkpoint;
    const mapping = slice.run.document.plan.objects[objectIndex];
    if (mapping === undefined)
      throw new CorruptDocument(`execution ${slice.run.document.id}`, 'its checkpoint names no object');
    const converter = converters.get(objectIndex) ?? compileMapping(mapping);
    converters.set(objectIndex, converter);
    const goesOn = pages < deps.engine.pagesPerSlice && deps.now().getTime() - startedAtMs < deps.engine.sliceMs;
    const next = goesOn ? positionAfter(slice.run.document, pulled) : undefined;
    if (next !== undefined) {
      ahead = pull(next);
      // It is awaited in the next turn; should this page throw before, nobody else would see it fail.
      ahead.catch(() => undefined);
    }
    const moved = await commitPage(deps, scope, slice.run, mapping, converter, pulled, () => keepHold(slice));
    if (moved === undefined) return;
    slice.run = moved;
    if (isTerminal(moved.document)) return settleExecution(deps, scope, moved.document);
    if (next === undefined) return sendNext(slice, 0);
  }
}

/** Opens what the run reads from, as the integration's settings have it now; `undefined` when another worker has the run. */
async function openSource(slice: Slice): Promise<Awaited<ReturnType<typeof openIntegration>> | undefined> {
  const { deps, scope } = slice;
  const integration = await deps.integrations.get(scope, { id: slice.envelope.integrationId });
  if (integration === undefined) throw new AppError('not-found', { detail: 'The integration was removed.' });
  const source = sourceOf(integration.document);
  if (slice.run.document.plan.source !== source) {
    const anew = readAnew(slice.run.document, source, deps.now().toISOString());
    if (!(await move(slice, anew))) return undefined;
  }
  slice.connection = integration.document.connection;
  return openIntegration(deps, scope, integration.document);
}

/** Shows a sign of life; false when another worker has the run. */
async function keepHold(slice: Slice): Promise<boolean> {
  const renewed = await renewHold(slice.deps, slice.scope, slice.hold);
  if (renewed !== undefined) slice.hold = renewed;
  return renewed !== undefined;
}

/** Where the page after this one begins; `undefined` after the last page of the last object. */
function positionAfter(execution: ExecutionDocument, pulled: Pulled & { ok: true }): Position | undefined {
  const { objectIndex } = execution.checkpoint;
  if (!pulled.page.done) {
    return {
      objectIndex,
      emptyPages: emptyPagesAfter(execution.checkpoint, pulled.page),
      ...(pulled.page.next === undefined ? {} : { cursor: pulled.page.next }),
    };
  }
  return objectIndex + 1 < execution.plan.objects.length ? { objectIndex: objectIndex + 1 } : undefined;
}

/** The provider failed: wait and try again, start the object over, or end the run. */
async function react(slice: Slice, failure: AdapterFailure): Promise<void> {
  const { deps, scope } = slice;
  const execution = slice.run.document;
  const step = reactTo(failure, execution.attempt + 1, execution.checkpoint.restarted, deps.engine, deps.random());
  if (failure.kind === 'credentials-rejected')
    await reportFailingConnection(deps, scope, execution.integrationId, slice.connection, failure.message);
  if (step.kind === 'fail') return endFailed(slice, failure.message);
  const now = deps.now();
  const delayMs = step.kind === 'wait' ? step.delayMs : 0;
  const document =
    step.kind === 'wait'
      ? waitUntil(execution, new Date(now.getTime() + delayMs).toISOString(), failure.message, now.toISOString())
      : restartObject(execution, failure.message, now.toISOString());
  if (await move(slice, document)) await sendNext(slice, delayMs);
}

/** False when another worker has the run. */
async function move(slice: Slice, document: ExecutionDocument): Promise<boolean> {
  const { deps, scope } = slice;
  const result = await deps.runs.executions.write(scope, { kind: 'replace', document, etag: slice.run.etag });
  if (result.ok) slice.run = { document, etag: result.etag };
  return result.ok;
}

async function endFailed(slice: Slice, problem: string): Promise<void> {
  const failed = fail(slice.run.document, problem, slice.deps.now().toISOString());
  if (await move(slice, failed)) await settleExecution(slice.deps, slice.scope, failed);
}

/** Where the tenant's other runs wait for a place, this one lines up behind them. */
async function sendNext(
  { deps, scope, envelope, hold }: Pick<Slice, 'deps' | 'scope' | 'envelope' | 'hold'>,
  pauseMs: number,
): Promise<void> {
  const messageId = deps.newId('message');
  const delayMs = hold.slot === undefined ? pauseMs : Math.max(pauseMs, await leaveSlot(deps, scope, hold.slot));
  if (!(await handOver(deps, scope, hold, messageId, delayMs))) return;
  await deps.syncQueue.send({ ...envelope, messageId }, delayMs);
}
