import type { ConflictResolutionEnvelope, ConflictResolutionStep } from '../../core/conflict-envelope.ts';
import { isClosed } from '../../core/conflicts/conflict-states.ts';
import { decisionOfResolution, ruleOf } from '../../core/conflicts/plan-decision.ts';
import type { ConflictDocument, DecisionDocument } from '../../core/documents/conflict.ts';
import type { ConflictResolutionDocument } from '../../core/documents/conflict-resolution.ts';
import { dueKey } from '../../core/due.ts';
import { later } from '../../core/later.ts';
import type { Deps, Filter, Stored } from '../../core/ports.ts';
import { runBounded } from '../../core/run-bounded.ts';
import { type Scope, systemScope } from '../../core/scope.ts';
import { carryOutDecision, isCarriedOut } from './carry-out-decision.ts';
import { type ConflictNeeds, type Routes, routesOf } from './conflict-needs.ts';
import { conflictFilters } from './list-conflicts.ts';
import { projectConflict } from './project-conflict.ts';
import { resolutionWatchMs } from './resolve-conflicts.ts';

type Needs = ConflictNeeds & Pick<Deps, 'conflictResolutions'>;

const conflictsPerSlice = 25;
const concurrency = 5;
const mostReasons = 100;

/**
 * Decides the next conflicts of a bulk resolution. What a slice that was interrupted has decided names the resolution, and is counted by the slice that repeats it.
 */
export async function workOnResolution(
  deps: Needs,
  envelope: ConflictResolutionEnvelope,
): Promise<ConflictResolutionStep> {
  const { tenantId, traceparent, resolutionId } = envelope;
  const scope = systemScope(tenantId, 'conflicts', traceparent);
  const stored = await deps.conflictResolutions.get(scope, { id: resolutionId });
  const key = dueKey('conflict-resolution', tenantId, resolutionId);
  if (stored === undefined || stored.document.state === 'done') {
    await deps.due.remove(key);
    return { goesOn: false, status: { resolved: stored?.document.resolved ?? 0, left: stored?.document.left ?? 0 } };
  }
  const dueAt = later(deps.now(), resolutionWatchMs).toISOString();
  await deps.due.put({ ...key, schemaVersion: 1, kind: 'conflict-resolution', tenantId, resolutionId, dueAt });
  const { document, etag } = stored;
  const slice = await takeSlice(deps, scope, document);
  const routes = routesOf(deps, scope);
  const outcomes = await runBounded(slice.ids, concurrency, (id) => decide(deps, scope, document, id, routes));
  const next = count(document, slice, outcomes, deps.now().toISOString());
  // Another worker may have been here as well: the next look says how far it has come.
  await deps.conflictResolutions.write(scope, { kind: 'replace', document: next, etag });
  return { goesOn: true, status: { resolved: next.resolved, left: next.left } };
}

interface Slice {
  readonly ids: readonly string[];
  readonly after: string;
  readonly isLast: boolean;
}

async function takeSlice(
  deps: Pick<Deps, 'conflicts'>,
  scope: Scope,
  { id, of, after }: ConflictResolutionDocument,
): Promise<Slice> {
  if ('ids' in of) {
    const from = Number(after ?? '0');
    const ids = of.ids.slice(from, from + conflictsPerSlice);
    return { ids, after: String(from + ids.length), isLast: from + ids.length >= of.ids.length };
  }
  const { alike, integrationId, shardTypeId: type, about: kind, field, sinceBefore } = of;
  const described = conflictFilters({ alike, integrationId, type, kind, field, sinceBefore });
  const list = (filters: readonly Filter[]) =>
    deps.conflicts.list(scope, {
      filters: [...filters],
      order: 'ascending',
      orderBy: 'position',
      afterId: after,
      limit: conflictsPerSlice,
    });
  const open = await list([...described, { field: 'state', is: 'one-of', values: ['open', 'resolving'] }]);
  const decided = await list([{ field: 'decision.resolutionId', is: 'equal', value: id }]);
  const places = [...open, ...decided].map(({ document }) => ({ id: document.id, position: document.position }));
  const ordered = [...new Map(places.map((place) => [place.position, place])).values()]
    .sort((left, right) => (left.position < right.position ? -1 : 1))
    .slice(0, conflictsPerSlice);
  return {
    ids: ordered.map((place) => place.id),
    after: ordered.at(-1)?.position ?? after ?? '',
    isLast: ordered.length < conflictsPerSlice,
  };
}

/** `undefined` when it is resolved; else why it is left. `passed` is one that was not to be decided after all. */
type Outcome = { readonly conflictId: string; readonly reason: string } | 'resolved' | 'passed';

async function decide(
  deps: Needs,
  scope: Scope,
  resolution: ConflictResolutionDocument,
  conflictId: string,
  routes: Routes,
): Promise<Outcome> {
  for (;;) {
    const stored = await projectConflict(deps, scope, { id: conflictId }, routes);
    if (stored === undefined) return { conflictId, reason: 'There is no such conflict.' };
    const { document } = stored;
    // Also one that somebody has taken back since: it is not decided against them.
    if (document.decision?.resolutionId === resolution.id) return 'resolved';
    if (document.state !== 'open') return notOpen(document, resolution);
    if (
      'field' in resolution.of &&
      resolution.of.field !== undefined &&
      !Object.hasOwn(document.fields, resolution.of.field)
    )
      return 'passed';
    const planned = await plan(deps, scope, resolution, stored);
    if ('reason' in planned) return { conflictId, reason: planned.reason };
    const decided = await carryOutDecision(deps, scope, stored, planned, routes);
    if (decided === undefined) continue;
    if (isCarriedOut(decided.document, planned)) return 'resolved';
    if (isClosed(decided.document)) return notOpen(decided.document, resolution);
    return { conflictId, reason: 'Its values have changed meanwhile.' };
  }
}

function notOpen({ id, state }: ConflictDocument, { of }: ConflictResolutionDocument): Outcome {
  return 'ids' in of ? { conflictId: id, reason: `It is ${state}.` } : 'passed';
}

async function plan(
  deps: Pick<Deps, 'tasks' | 'now'>,
  scope: Scope,
  resolution: ConflictResolutionDocument,
  { document }: Stored<ConflictDocument>,
): Promise<DecisionDocument | { readonly reason: string }> {
  const planned = decisionOfResolution(document, resolution, deps.now().toISOString());
  if ('reason' in planned || !resolution.decision.rule || document.taskId === undefined) return planned;
  const task = await deps.tasks.get(scope, { id: document.taskId });
  return { ...planned, rule: ruleOf(planned.fields, task?.document) };
}

function count(
  document: ConflictResolutionDocument,
  { after, isLast }: Slice,
  outcomes: readonly Outcome[],
  now: string,
): ConflictResolutionDocument {
  const left = outcomes.filter((outcome) => typeof outcome !== 'string');
  return {
    ...document,
    after,
    resolved: document.resolved + outcomes.filter((outcome) => outcome === 'resolved').length,
    left: document.left + left.length,
    reasons: [...document.reasons, ...left].slice(0, mostReasons),
    updatedAt: now,
    ...(isLast ? { state: 'done', finishedAt: now } : {}),
  };
}
