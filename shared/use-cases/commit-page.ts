import { advancePage } from '../core/advance-execution.ts';
import type { Converter, ObjectMapping } from '../core/convert-record.ts';
import { addCounts, type Counts, countOutcome, noCounts } from '../core/counts.ts';
import { type ExecutionDocument, type PageDocument, pageIdOf } from '../core/documents/execution.ts';
import { matcherOf, versionedBy } from '../core/identity/frozen-rules.ts';
import type { MergeInput } from '../core/merge-source.ts';
import { isRepeat, type Observation, readPage } from '../core/observation.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { applyPage } from './apply-page/apply-page.ts';
import type { Stores } from './apply-page/item.ts';
import { leaveRecords, readRecords } from './apply-page/leave-records.ts';
import type { Pulled } from './pull-page.ts';
import { reopenLinks } from './reopen-links.ts';

type Needs = Stores & Pick<Deps, 'runs'>;

/**
 * Applies one pulled page and moves the run's checkpoint with the page's outcome, as one write.
 *
 * @param keepHold asked before every round of writes; false when another worker has taken the run over
 * @returns the moved run, or `undefined` when another worker has taken the run over: then nothing more may be done for it
 */
export async function commitPage(
  deps: Needs,
  scope: Scope,
  stored: Stored<ExecutionDocument>,
  mapping: ObjectMapping,
  converter: Converter,
  pulled: Pulled & { ok: true },
  keepHold: () => Promise<boolean>,
): Promise<Stored<ExecutionDocument> | undefined> {
  const execution = stored.document;
  const matcher = matcherOf(execution.plan.matchRules, mapping.shardTypeId);
  const matching = matcher === undefined ? converter : versionedBy(converter, matcher);
  const reading = readPage(execution.integrationId, mapping, matching, pulled.page.changes);
  const observations =
    execution.plan.deletions === 'mirror' ? reading.observations : reading.observations.filter((each) => !each.deleted);
  const input: MergeInput = {
    tenantId: scope.tenantId,
    integrationId: execution.integrationId,
    mapping,
    converter,
    sighting: { executionId: execution.id, page: execution.pages, fence: execution.fence },
    now: deps.now().toISOString(),
    matcher,
  };
  if (!(await keepHold())) return undefined;
  const page = await announcePage(deps, scope, execution, mapping, observations);
  if (page === undefined) return undefined;
  const applied = await applyPage(deps, scope, input, observations, expectsNew(execution), keepHold);
  if (applied === undefined) return undefined;
  const here = new Set(observations.map((observation) => observation.linkId));
  const leftBehind = await countLeftBehind(
    deps,
    scope,
    input,
    page.linkIds.filter((id) => !here.has(id)),
  );
  const failures = [...pulled.page.rejected, ...reading.failures];
  const skipped = reading.superseded + reading.observations.length - observations.length;
  const counts = addCounts(addCounts(applied, leftBehind), setAside(failures.length, skipped));
  const now = deps.now().toISOString();
  const moved = advancePage(execution, { pull: pulled.page, counts, readAt: pulled.readAt }, now);
  const outcome: PageDocument = {
    ...page,
    state: 'applied',
    linkIds: [],
    counts,
    failures: describe(failures),
    at: now,
  };
  if (!(await keepHold())) return undefined;
  const result = await deps.runs.commitPage(scope, outcome, moved, stored.etag);
  return result.ok ? { document: moved, etag: result.etag } : undefined;
}

/**
 * Writes down which links the page will touch, before the first of them is touched. An earlier attempt's links stay listed. `undefined` when a
 * newer worker is on this page.
 */
async function announcePage(
  deps: Needs,
  scope: Scope,
  execution: ExecutionDocument,
  mapping: ObjectMapping,
  observations: readonly Observation[],
): Promise<PageDocument | undefined> {
  const document: PageDocument = {
    id: pageIdOf(execution.pages),
    executionId: execution.id,
    tenantId: scope.tenantId,
    kind: 'page',
    schemaVersion: 1,
    page: execution.pages,
    object: mapping.object,
    state: 'applying',
    fence: execution.fence,
    linkIds: observations.map((observation) => observation.linkId),
    counts: noCounts(),
    failures: [],
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
  return Object.keys(execution.plan.since).length === 0 && (unchanged + updated) * 10 <= received;
}

/**
 * Counts what an interrupted attempt of this page wrote for records that the page no longer shows: they were received, and nobody else
 * will count them. Nor will anybody complete what they claimed.
 */
async function countLeftBehind(
  deps: Needs,
  scope: Scope,
  { sighting, matcher }: MergeInput,
  linkIds: readonly string[],
): Promise<Counts> {
  const counts = noCounts();
  const records = await readRecords(deps, scope, linkIds);
  await leaveRecords(deps, scope, matcher, records);
  for (const { source } of records) {
    if (source !== undefined && isRepeat(source.last, sighting)) countOutcome(counts, source.last.outcome);
  }
  return counts;
}

function setAside(failed: number, skipped: number): Counts {
  return { ...noCounts(), received: failed + skipped, failed, skipped };
}

/** Of the page's document, which may have 2 MB together with the run's. */
const failureBytesKept = 400_000;

/** As many as fit; the counts tell how many there were. */
function describe(failures: readonly { externalId?: string | undefined; reason: string }[]): PageDocument['failures'] {
  const kept: PageDocument['failures'] = [];
  let bytes = 0;
  for (const { externalId, reason } of failures) {
    const entry = { ...(externalId === undefined ? {} : { externalId: shorten(externalId) }), reason: shorten(reason) };
    bytes += Buffer.byteLength(JSON.stringify(entry));
    if (bytes > failureBytesKept) break;
    kept.push(entry);
  }
  return kept;
}

function shorten(text: string): string {
  return text.slice(0, 512).toWellFormed();
}
