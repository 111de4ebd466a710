import type { ExternalChange } from '../../core/adapter.ts';
import type { WebhookHint } from '../../core/adapter-webhooks.ts';
import type { DeliveryResult } from '../../core/documents/delivery.ts';
import type { Sighting } from '../../core/observation.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { fetchSighting, payloadSighting } from '../../core/webhooks/delivery-sighting.ts';
import { type AppliedChanges, applyChanges } from '../apply-changes.ts';
import { isReadWhole } from '../compare-records/is-read-whole.ts';
import type { DeliverySource } from './delivery-source.ts';
import { type FetchedHints, fetchHinted } from './fetch-hinted.ts';
import type { DeliveryHold } from './hold-delivery.ts';

const shownChanges = 100;
const shownFailures = 20;

/** What a delivery's hints came to. */
export interface AppliedHints extends DeliveryResult {
  /** Objects that no task reads. */
  readonly unread: readonly string[];
}

interface Group {
  readonly object: string;
  readonly changes: readonly ExternalChange[];
  readonly sighting: Sighting;
}

/**
 * Does what hints say: applies the records that they carry, fetches and applies those that they name, and asks for incremental runs where only those can tell.
 *
 * @param storm objects of which so many records are named that one incremental run is cheaper than fetching each
 * @returns `undefined` when someone else has taken the delivery
 * @throws AdapterFailure, AppError, whatever the stores throw: then all of it is to be done again
 */
export async function applyHints(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  hold: DeliveryHold,
  hints: readonly WebhookHint[],
  storm: ReadonlySet<string>,
): Promise<AppliedHints | undefined> {
  const result: Mutable = { counts: {}, changes: [], failures: [], pulls: [], unread: new Set() };
  const pulled = new Set<string>();
  const askFor = async (object: string): Promise<void> => {
    if (pulled.has(object)) return;
    pulled.add(object);
    for (const { id: taskId } of source.tasksOf(object)) {
      await source.requestPull(taskId);
      result.pulls.push({ taskId, object });
    }
  };
  let announced = hold.document.processing.announced ?? [];
  for (const [object, own] of Map.groupBy(hints, (hint) => hint.object)) {
    if (source.tasksOf(object).length === 0) {
      result.unread.add(object);
      continue;
    }
    const fetched = await fetchRecords(deps, scope, source, { object, hints: own, storm, hold });
    if (own.some(({ kind }) => kind === 'object') || fetched === 'pull') await askFor(object);
    for (const group of groupsOf(hold, object, own, fetched)) {
      if (!(await applyGroup(deps, scope, source, { hold, group, announced, result }))) return undefined;
      announced = [];
    }
    if (fetched === 'pull') continue;
    count(result, 'unchanged', fetched.seen);
    for (const failure of fetched.rejected) addFailure(result, { object, ...failure });
  }
  return { ...result, unread: [...result.unread] };
}

/** The records that hints name, read at the provider; `pull` where an incremental run is to read them. */
async function fetchRecords(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  named: {
    readonly object: string;
    readonly hints: readonly WebhookHint[];
    readonly storm: ReadonlySet<string>;
    readonly hold: DeliveryHold;
  },
): Promise<FetchedHints | 'pull'> {
  const ids = named.hints.flatMap((hint) => (hint.kind === 'record' ? [hint.externalId] : []));
  if (ids.length === 0) return { changes: [], rejected: [], seen: 0, fetchedAtMs: 0 };
  if (named.storm.has(named.object)) return 'pull';
  return fetchHinted(deps, scope, source, {
    object: named.object,
    externalIds: [...new Set(ids)],
    sinceMs: payloadSighting(named.hold.document).fence,
    announced: named.hold.document.processing.announced ?? [],
    keepHold: () => named.hold.keep(),
  });
}

function groupsOf(
  { document }: DeliveryHold,
  object: string,
  hints: readonly WebhookHint[],
  fetched: FetchedHints | 'pull',
): Group[] {
  const carried = hints.flatMap((hint) => (hint.kind === 'change' ? [hint.change] : []));
  const groups: Group[] = [];
  if (carried.length > 0) groups.push({ object, changes: carried, sighting: payloadSighting(document) });
  if (fetched !== 'pull' && fetched.changes.length > 0) {
    groups.push({ object, changes: fetched.changes, sighting: fetchSighting(document, fetched.fetchedAtMs) });
  }
  return groups;
}

interface Mutable {
  counts: Record<string, number>;
  changes: DeliveryResult['changes'];
  failures: DeliveryResult['failures'];
  pulls: DeliveryResult['pulls'];
  suppressed?: number;
  unread: Set<string>;
}

async function applyGroup(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  work: {
    readonly hold: DeliveryHold;
    readonly group: Group;
    readonly announced: readonly string[];
    readonly result: Mutable;
  },
): Promise<boolean> {
  const { hold, group, result } = work;
  const { id, integrationId } = hold.document;
  let { announced } = work;
  const leavesTrace = await isReadWhole(deps, scope, source.tasks, group.object);
  for (const { task, tools, matchRules } of await source.intakesOf(group.object)) {
    const applied = await applyChanges(
      deps,
      scope,
      {
        integrationId,
        tools,
        matchRules,
        deletions: task.deletions,
        sighting: group.sighting,
        cause: { kind: 'delivery', id, actorId: scope.actor.id },
        leavesTrace,
        announced,
        announce: (linkIds) => hold.announce(linkIds),
        keepHold: () => hold.keep(),
      },
      group.changes,
    );
    if (applied === undefined) return false;
    announced = [];
    addApplied(result, group.object, applied);
  }
  return true;
}

function addApplied(result: Mutable, object: string, { applied, failures, left, suppressed }: AppliedChanges): void {
  for (const change of applied) {
    count(result, change.outcome, 1);
    if (result.changes.length < shownChanges) result.changes.push(change);
  }
  count(result, 'skipped', left);
  if (suppressed > 0) result.suppressed = (result.suppressed ?? 0) + suppressed;
  for (const { externalId, reason, errors = [] } of failures) {
    const fields = [...new Set(errors.map(({ field }) => field).filter((field) => field !== ''))];
    addFailure(result, { object, externalId, reason, ...(fields.length === 0 ? {} : { fields }) });
  }
}

function addFailure(result: Mutable, failure: DeliveryResult['failures'][number]): void {
  count(result, 'failed', 1);
  if (result.failures.length < shownFailures) result.failures.push(failure);
}

function count({ counts }: Mutable, outcome: string, by: number): void {
  if (by > 0) counts[outcome] = (counts[outcome] ?? 0) + by;
}
