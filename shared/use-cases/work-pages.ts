import type { AdapterFailure } from '../core/adapter.ts';
import {
  emptyPagesAfter,
  endWell,
  fail,
  leaveObject,
  readAnew,
  restartObject,
  waitUntil,
} from '../core/advance-execution.ts';
import { AppError, CorruptDocument } from '../core/app-error.ts';
import { wantsBulk } from '../core/bulk-run.ts';
import { isComparing } from '../core/compare-records.ts';
import type { Converter } from '../core/conversion/compile-schema.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import { isTerminal } from '../core/execution-states.ts';
import { failureReactions, reactTo } from '../core/failure-reactions.ts';
import { sourceOf } from '../core/watermark.ts';
import { obey, type Slice } from './begin-slice.ts';
import { commitPage, type PageTools } from './commit-page.ts';
import { compareRecords } from './compare-records/compare-records.ts';
import { holdSlice } from './holds/hold-slice.ts';
import { keepHold } from './keep-hold.ts';
import { loadConverter } from './load-converter.ts';
import { loadPushRoutes } from './load-push-routes.ts';
import { goOn, move, type SliceEnd, stop } from './move-slice.ts';
import { openIntegration } from './open-integration.ts';
import { pullFailedRecords } from './pull-failed-records.ts';
import { type Position, type Pulled, pullPage } from './pull-page.ts';
import { reportFailingConnection } from './report-failing-connection.ts';
import { workRollback } from './rollback/work-rollback.ts';
import { settleExecution } from './settle-execution.ts';
import { loadSuppressions } from './suppressions/load-suppressions.ts';

type Pull = (position: Position) => Promise<Pulled>;

/**
 * Pulls and applies pages of a run, or takes pages of another one back, from its checkpoint, until the slice is used up, the run has ended or was stopped, or the provider fails.
 *
 * @throws what trying again may mend
 */
export async function workPages(slice: Slice): Promise<SliceEnd> {
  const { deps, scope } = slice;
  try {
    if (slice.run.document.plan.pushOnly === true) return await endUnread(slice);
    if (slice.run.document.plan.rollback !== undefined) return (await workRollback(slice)) ? goOn : stop;
    const integration = await readIntegration(slice);
    if (integration === 'moved') return stop;
    if (isComparing(slice.run.document)) return await compareRecords(slice);
    return await applyPages(slice, await openSource(slice, integration));
  } catch (error) {
    const problem = problemOf(error);
    // An end is final: what fails after it is tried again, and the watch settles the run.
    if (problem === undefined || isTerminal(slice.run.document)) throw error;
    if (error instanceof CorruptDocument) deps.log.alert(error.message, { tenantId: scope.tenantId });
    return endFailed(slice, problem);
  }
}

/** Nothing is to be read: what follows the end of the run has all shards looked at. */
async function endUnread(slice: Slice): Promise<SliceEnd> {
  if (await move(slice, endWell)) await settleExecution(slice.deps, slice.scope, slice.run.document);
  return stop;
}

/** Failures that trying the same message again cannot mend, in words for people. */
function problemOf(error: unknown): string | undefined {
  if (error instanceof AppError && error.code === 'unavailable') return undefined;
  if (error instanceof AppError) return error.detail ?? 'The run could not go on.';
  if (error instanceof CorruptDocument) return error.message;
  return undefined;
}

/**
 * The integration that the run reads from; `undefined` where it reads from another run. With other settings than the run began with, it reads
 * everything anew; `moved` when it is not ours to go on with.
 */
async function readIntegration(slice: Slice): Promise<IntegrationDocument | 'moved' | undefined> {
  const { deps, scope } = slice;
  if (slice.run.document.plan.failedOf !== undefined) return undefined;
  const integration = await deps.integrations.get(scope, { id: slice.run.document.integrationId });
  if (integration === undefined) throw new AppError('not-found', { detail: 'The integration was removed.' });
  const source = sourceOf(integration.document);
  if (slice.run.document.plan.source !== source) {
    // Its range was cut for other settings: with these it might leave records out.
    if (slice.run.document.partition !== undefined)
      throw new AppError('not-connected', { detail: 'The settings of the integration were changed during the run.' });
    const anew = (execution: ExecutionDocument, now: string) => readAnew(execution, source, now);
    const message = 'The settings of the integration were changed: everything is read anew.';
    if (!(await move(slice, anew, [{ level: 'info', event: 'read-anew', message }]))) return 'moved';
  }
  return integration.document;
}

async function openSource(slice: Slice, integration: IntegrationDocument | undefined): Promise<Pull> {
  const { deps, scope } = slice;
  if (integration === undefined) return (position) => pullFailedRecords(deps, scope, slice.run.document, position);
  slice.connection = integration.connection;
  const opened = await openIntegration(deps, scope, integration);
  return (position) => pullPage(deps, opened, slice.run.document, position);
}

async function applyPages(slice: Slice, pull: Pull): Promise<SliceEnd> {
  const { deps, scope } = slice;
  const converters = new Map<number, Converter>();
  const [routes, suppressions] = await Promise.all([loadPushRoutes(deps, scope), loadSuppressions(deps, scope)]);
  const startedAtMs = deps.now().getTime();
  let ahead = pull(slice.run.document.checkpoint);
  for (let pages = 1; ; pages += 1) {
    const pulled = await ahead;
    if (!pulled.ok) return react(slice, pulled.failure);
    const { objectIndex } = slice.run.document.checkpoint;
    const planned = slice.run.document.plan.objects[objectIndex];
    if (planned === undefined)
      throw new CorruptDocument(`execution ${slice.run.document.id}`, 'its checkpoint names no object');
    const converter = converters.get(objectIndex) ?? (await loadConverter(deps, scope, planned));
    converters.set(objectIndex, converter);
    const goesOn = pages < deps.engine.pagesPerSlice && deps.now().getTime() - startedAtMs < deps.engine.sliceMs;
    const next = goesOn ? positionAfter(slice.run.document, pulled) : undefined;
    if (next !== undefined) {
      ahead = pull(next);
      // It is awaited in the next turn; should this page throw before, nobody else would see it fail.
      ahead.catch(() => undefined);
    }
    if (!(await takePage(slice, { planned, converter, routes, suppressions }, pulled))) return stop;
    if (isComparing(slice.run.document)) return compareRecords(slice);
    if (next === undefined || wantsBulk(slice.run.document, deps.engine)) return goOn;
  }
}

/** Applies one page; false when the run is not to be gone on with, by this worker or for now. */
async function takePage(slice: Slice, tools: PageTools, pulled: Pulled & { ok: true }): Promise<boolean> {
  const { deps, scope } = slice;
  const moved = await commitPage(deps, scope, slice.run, tools, pulled, () => keepHold(slice));
  if (moved === undefined) return false;
  if ('signature' in moved) {
    await holdSlice(slice, moved);
    return false;
  }
  slice.run = moved;
  if (moved.document.state === 'running') return true;
  await obey(slice);
  return false;
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

/** The provider failed: wait and try again, start the object over, go on with the next one, or end the run. */
async function react(slice: Slice, failure: AdapterFailure): Promise<SliceEnd> {
  const { deps, scope } = slice;
  const { attempt, checkpoint, plan, integrationId } = slice.run.document;
  const step = reactTo(failure, attempt + 1, checkpoint.restarted, deps.engine, deps.random());
  if (failureReactions[failure.kind].pausesConnection === true)
    await reportFailingConnection(deps, scope, integrationId, slice.connection, failure.message);
  const object = plan.objects[checkpoint.objectIndex]?.object ?? '';
  const { message } = failure;
  if (step.kind === 'stop') return endFailed(slice, message);
  if (step.kind === 'wait') {
    const until = new Date(deps.now().getTime() + step.delayMs).toISOString();
    const isMoved = await move(slice, (execution, now) => waitUntil(execution, until, message, now));
    return isMoved ? { goesOn: true, delayMs: step.delayMs } : stop;
  }
  const isMoved =
    step.kind === 'restart-object'
      ? await move(slice, (execution, now) => restartObject(execution, message, now), [
          {
            level: 'warning',
            event: 'object-restarted',
            message: `${object} is read again from its start: ${message}`,
          },
        ])
      : await move(slice, (execution, now) => leaveObject(execution, message, now), [
          { level: 'error', event: 'object-left', message: `${object} was left: ${message}`, data: { object } },
        ]);
  if (!isMoved) return stop;
  if (!isTerminal(slice.run.document)) return goOn;
  await settleExecution(deps, scope, slice.run.document);
  return stop;
}

async function endFailed(slice: Slice, problem: string): Promise<SliceEnd> {
  if (await move(slice, (execution, now) => fail(execution, problem, now)))
    await settleExecution(slice.deps, slice.scope, slice.run.document);
  return stop;
}
