import type { PullPage } from '../core/adapter.ts';
import { advancePage } from '../core/advance-execution.ts';
import type { Converter } from '../core/conversion/compile-schema.ts';
import { addCounts, type Counts, noCounts } from '../core/counts.ts';
import type { Cause } from '../core/documents/cause.ts';
import type { PlannedObject } from '../core/documents/conversion.ts';
import { type ExecutionDocument, type PageDocument, pageIdOf, runIdOf } from '../core/documents/execution.ts';
import { matchersOf } from '../core/identity/frozen-rules.ts';
import type { Note } from '../core/log-entries.ts';
import { mappingCause } from '../core/mapping-cause.ts';
import type { MergeInput } from '../core/merge-source.ts';
import { isWholeRead } from '../core/object-read.ts';
import { type Observation, readPage } from '../core/observation.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { linksOfRecords, writeSeen } from '../core/seen-records.ts';
import type { Suppressions } from '../core/suppressions.ts';
import type { PushRoute } from '../core/two-way/push-routes.ts';
import { answerQuestions } from './answer-questions.ts';
import { applyByType } from './apply-page/apply-by-type.ts';
import { guardPage, type Held } from './apply-page/guard-page.ts';
import type { Stores } from './apply-page/item.ts';
import { countRecords, leaveRecords, readRecords } from './apply-page/leave-records.ts';
import { commitOnTop } from './commit-on-top.ts';
import type { Pulled } from './pull-page.ts';
import { reopenLinks } from './reopen-links.ts';
import { setRecordsAside } from './set-records-aside.ts';

type Needs = Stores & Pick<Deps, 'runs' | 'expressions' | 'holds' | 'holdRejections'>;

/** How the pages of an object are converted and merged. */
export interface PageTools {
  readonly planned: PlannedObject;
  readonly converter: Converter;
  /** Where the tenant's shards are pushed to. */
  readonly routes: readonly PushRoute[];
  /** Records of people who were erased: they are skipped. */
  readonly suppressions: Suppressions;
}

/**
 * Applies one pulled page and moves the run's checkpoint with the page's outcome, as one write. A person may stop the run meanwhile: its page is
 * committed all the same.
 *
 * @param keepHold asked before every round of writes; false when another worker has taken the run over
 * @returns the moved run; what is to be held, of which nothing was done; or `undefined` when another worker has taken the run over: then nothing
 * more may be done for it
 */
export async function commitPage(
  deps: Needs,
  scope: Scope,
  stored: Stored<ExecutionDocument>,
  { planned, converter, routes, suppressions }: PageTools,
  pulled: Pulled & { ok: true },
  keepHold: () => Promise<boolean>,
): Promise<Stored<ExecutionDocument> | Held | undefined> {
  const execution = stored.document;
  const { integrationId } = execution;
  const answer = answerQuestions(deps, scope, integrationId, suppressions);
  const left = suppressions.leaveOut({ integrationId, object: planned.object }, pulled.page);
  const matchers = matchersOf(
    execution.plan.matchRules,
    converter.feeds.map(({ shardTypeId }) => shardTypeId),
  );
  const reading = await readPage(integrationId, converter, left.page.changes, answer, matchers);
  const observations = reading.observations.filter((each) => isWanted(execution, suppressions, each));
  const now = deps.now().toISOString();
  const input: MergeInput = {
    tenantId: scope.tenantId,
    integrationId,
    sighting: { executionId: execution.id, page: execution.pages, fence: execution.fence },
    now,
    cause: causeOf(scope, execution, planned, now),
    ...(routes.length === 0 ? {} : { twoWay: { routes, lookedAtMs: pulled.askedAtMs } }),
    archives: execution.plan.deletions === 'archive',
  };
  if (!(await keepHold())) return undefined;
  const page = await announcePage(deps, scope, execution, planned.object, observations);
  if (page === undefined) return undefined;
  const guard = guardPage(deps, scope, execution, planned, input.sighting);
  const isNew = expectsNew(execution);
  const applied = await applyByType(deps, scope, input, matchers, observations, isNew, keepHold, guard.admit);
  if (applied === undefined) return guard.held;
  // What an interrupted attempt wrote for records that the page no longer shows: nobody else will count it, or complete what it claimed.
  const here = new Set(observations.map((observation) => observation.linkId));
  const unshown = await readRecords(
    deps,
    scope,
    page.linkIds.filter((id) => !here.has(id)),
  );
  await leaveRecords(deps, scope, execution.plan.matchRules, unshown);
  await setRecordsAside(
    deps,
    scope,
    execution,
    planned,
    { ...pulled.page, rejected: left.page.rejected },
    reading.failures,
  );
  const failed = left.page.rejected.length + reading.failures.length;
  const skipped =
    left.suppressed + reading.superseded + reading.unmapped + reading.observations.length - observations.length;
  const counts = addCounts(addCounts(applied, countRecords(unshown, input.sighting)), setAside(failed, skipped));
  const at = deps.now().toISOString();
  const outcome: PageDocument = {
    ...page,
    state: 'applied',
    linkIds: [],
    ...seenOf(execution, converter, left.page),
    counts,
    at,
  };
  if (!(await keepHold())) return undefined;
  return commitOnTop(deps, scope, stored, (before) => {
    const applied = { pull: pulled.page, counts, readAt: pulled.readAt, tallies: guard.tallies };
    const moved = advancePage(before, applied, at);
    return { execution: moved, page: outcome, notes: notesOf(before, moved, outcome, left.suppressed) };
  });
}

/** What the page showed, to be compared with the links when all has been read. */
function seenOf(
  { plan, integrationId, checkpoint }: ExecutionDocument,
  { feeds }: Converter,
  page: Pick<PullPage, 'changes' | 'rejected'>,
): Pick<PageDocument, 'seen'> {
  if (!isWholeRead({ plan }, checkpoint.objectIndex)) return {};
  return { seen: writeSeen(linksOfRecords(integrationId, feeds, page)) };
}

/** A record that a mapping makes of others has an id of its own, by which it may have been erased. */
function isWanted(
  { plan, integrationId }: ExecutionDocument,
  suppressions: Suppressions,
  { deleted, feed, externalId }: Observation,
): boolean {
  if (deleted && plan.deletions === 'ignore') return false;
  return feed.derived !== true || !suppressions.has({ integrationId, object: feed.object, externalId });
}

function causeOf(scope: Scope, execution: ExecutionDocument, planned: PlannedObject, at: string): Cause {
  return { kind: 'run', id: runIdOf(execution), actorId: scope.actor.id, ...mappingCause(planned), at };
}

function notesOf(before: ExecutionDocument, after: ExecutionDocument, page: PageDocument, suppressed: number): Note[] {
  const notes: Note[] = [];
  const { object } = page;
  if (suppressed > 0) {
    notes.push({
      level: 'info',
      event: 'records-suppressed',
      message: `Records of ${object} skipped on page ${page.page}, since they are of people who were erased: ${suppressed}.`,
      data: { object, page: page.page, suppressed },
    });
  }
  if (page.counts.failed > 0) {
    notes.push({
      level: 'warning',
      event: 'records-set-aside',
      message: `Records of ${object} set aside on page ${page.page}: ${page.counts.failed}.`,
      data: { object, page: page.page, failed: page.counts.failed },
    });
  }
  if (after.checkpoint.objectIndex > before.checkpoint.objectIndex) {
    const received = after.progress[before.checkpoint.objectIndex]?.received ?? 0;
    notes.push({
      level: 'info',
      event: 'object-finished',
      message: `${object} was read to its end: ${received} records.`,
      data: { object, received },
    });
  }
  return notes;
}

/**
 * Writes down which links the page will touch, before the first of them is touched. An earlier attempt's links stay listed. `undefined` when a
 * newer worker is on this page.
 */
async function announcePage(
  deps: Needs,
  scope: Scope,
  execution: ExecutionDocument,
  object: string,
  observations: readonly Observation[],
): Promise<PageDocument | undefined> {
  const document: PageDocument = {
    id: pageIdOf(execution.pages),
    executionId: execution.id,
    tenantId: scope.tenantId,
    kind: 'page',
    schemaVersion: 1,
    page: execution.pages,
    object,
    state: 'applying',
    fence: execution.fence,
    linkIds: observations.map((observation) => observation.linkId),
    counts: noCounts(),
    at: deps.now().toISOString(),
  };
  const created = await deps.runs.pages.write(scope, { kind: 'create', document });
  if (created.ok) return document;
  for (;;) {
    const earlier = await deps.runs.pages.get(scope, { id: document.id, partition: execution.id });
    if (earlier === undefined || earlier.document.state === 'applied' || earlier.document.fence > execution.fence) {
      return undefined;
    }
    const merged = { ...document, linkIds: [...new Set([...earlier.document.linkIds, ...document.linkIds])] };
    const result = await deps.runs.pages.write(scope, { kind: 'replace', document: merged, etag: earlier.etag });
    if (result.ok) {
      await reopenLinks(deps, scope, earlier.document.linkIds);
      return merged;
    }
  }
}

/** A first read finds mostly new records: reading their links before creating them would be in vain. */
function expectsNew(execution: ExecutionDocument): boolean {
  const { received, unchanged, updated } = execution.counts;
  return (
    execution.retryOf === undefined &&
    Object.keys(execution.plan.since).length === 0 &&
    (unchanged + updated) * 10 <= received
  );
}

function setAside(failed: number, skipped: number): Counts {
  return { ...noCounts(), received: failed + skipped, failed, skipped };
}
