import { sameValue } from '../../../shared/core/canonical.ts';
import type { PushIntent } from '../../../shared/core/documents/push-lane.ts';
import type { ShardDocument, ShardSource } from '../../../shared/core/documents/shard.ts';
import { readPath } from '../../../shared/core/field-path.ts';
import { beforeRevision } from '../../../shared/core/journal-entry.ts';
import type { Json } from '../../../shared/core/json.ts';
import { markPushes, type PushRoute } from '../../../shared/core/two-way/push-routes.ts';
import { loadPushRoutes } from '../../../shared/use-cases/load-push-routes.ts';
import type { Deeds } from './deeds.ts';
import { findFaultsOfDecisions } from './faults-of-decisions.ts';
import { watchRules } from './faults-of-rules.ts';
import { findFaultsOfAgreements, findFaultsOfHolds, Refusals } from './faults-of-waiting.ts';
import { judgeLife } from './judge-life.ts';
import { judgeLook } from './judge-look.ts';
import { fieldOf, fields, type Program, pathOf } from './program.ts';
import type { TwoWayWorld } from './world.ts';

/**
 * Looks at each write of a shard as it is made: notes what people do here, by what comes of it, and finds what no write may do.
 *
 * @returns what was found, which grows
 */
export async function watchShards(world: TwoWayWorld, deeds: Deeds, program: Program): Promise<readonly string[]> {
  const { deps, scope } = world;
  const routes = await loadPushRoutes(deps, scope);
  const faults: string[] = [];
  const holds = new Holds(world, faults);
  const refusals = new Refusals(deeds);
  watchRules(world, faults);
  const { shards } = deps;
  const put = shards.put.bind(shards);
  shards.put = (given, write) => {
    const before = shards.peek(given, { id: write.document.id })?.document;
    const result = put(given, write);
    if (!result.ok) return result;
    const after = write.document;
    if (before !== undefined) noteDeeds(before, after, deeds);
    if (before !== undefined && hasMet(world, before, after)) deeds.meet(after.id);
    holds.note(after);
    faults.push(
      ...faultsOfMarks(after, routes),
      ...faultsOfRevision(world, before, after),
      ...findFaultsOfHolds(before, after),
      ...findFaultsOfAgreements(after),
      // What a merge makes of refusals, as of what is lacking, the change feed says.
      ...(isMerge(after) ? [] : refusals.note(before, after)),
    );
    if (before === undefined) return result;
    const look = { world, deeds, program, before, after, batches: holds.batches };
    faults.push(
      ...judgeLook(look),
      ...judgeLife(look),
      ...findFaultsOfDecisions(look),
      ...faultsOfKnowledge(program, before, after),
    );
    return result;
  };
  return faults;
}

/** Whether it is given a record that was there when it was to be created. */
function hasMet({ systems }: TwoWayWorld, before: ShardDocument, after: ShardDocument): boolean {
  const given = Object.entries(after.sources).filter(([linkId]) => before.sources[linkId] === undefined);
  return given.some(([, { externalId }]) => systems.some(({ records }) => records.get(externalId)?.isMet === true));
}

/** What waits for people is not written. */
class Holds {
  readonly #world: TwoWayWorld;
  /** Since which turn each field, or deletion, of a record waits. */
  readonly #since = new Map<string, number>();
  /** When each batch was written down, by its id. */
  readonly batches = new Map<string, number>();

  constructor(world: TwoWayWorld, faults: string[]) {
    this.#world = world;
    const { pushLanes } = world.deps;
    const put = pushLanes.put.bind(pushLanes);
    pushLanes.put = (scope, write) => {
      const known = pushLanes.peek(scope, { id: write.document.id })?.document.batch?.id;
      const { batch } = write.document;
      if (batch !== undefined && batch.id !== known) {
        this.batches.set(batch.id, world.deps.clock.nowMs());
        for (const intent of batch.intents) faults.push(...this.#judge(intent));
      }
      return put(scope, write);
    };
  }

  /** A record may have come to the shard with another one, and what waited of it be over with that. */
  note(after: ShardDocument): void {
    for (const [linkId, source] of Object.entries(after.sources)) {
      const is = placesOf(linkId, source);
      const was = [...this.#since.keys()].filter((place) => place.startsWith(`${linkId} `));
      for (const place of is) if (!was.includes(place)) this.#since.set(place, this.#world.turns);
      for (const place of was) if (!is.includes(place)) this.#since.delete(place);
    }
  }

  /** Between looking at a shard and writing down what is sent, somebody else may have come, but not in another turn. */
  #judge({ kind, shardId, linkId = '', fields: written }: PushIntent): string[] {
    const places = kind === 'update' ? written.map((path) => `${linkId} ${path}`) : [`${linkId} `];
    return places.flatMap((place) =>
      (this.#since.get(place) ?? this.#world.turns) < this.#world.turns
        ? [`${shardId}: ${place} is written, and waits for people`]
        : [],
    );
  }
}

function placesOf(linkId: string, source: ShardSource | undefined): string[] {
  const { fields: held = {}, deletion } = source?.held ?? {};
  return [...Object.keys(held), ...(deletion === undefined ? [] : [''])].map((path) => `${linkId} ${path}`);
}

/** What was done here: by a person's own edit, a decision, or one that was taken back. */
function noteDeeds(before: ShardDocument, after: ShardDocument, deeds: Deeds): void {
  const { id } = after;
  const here = (path: string, source?: ShardSource) => {
    const field = fieldOf(path);
    const value = valueAt(after, path);
    const stays = sameValue(valueAt(before, path), value) ? { stays: true as const } : {};
    const isTheirs = source !== undefined && sameValue(readPath(source.externalBase, path.split('.')), value);
    const isGone = source !== undefined && after.status === 'deleted';
    const follows = isTheirs || isGone ? { follows: true as const } : {};
    if (field !== undefined) deeds.edit({ place: 'here', id, field, value, ...stays, ...follows });
  };
  if (after.revision !== before.revision && after.cause?.kind === 'person') {
    for (const path of changedPaths(before, after)) here(path);
    if (after.status === 'deleted') deeds.markDeleted(id);
  }
  for (const [linkId, source] of Object.entries(after.sources)) {
    const was = before.sources[linkId];
    if (was === undefined || sameValue(was.decided ?? null, source.decided ?? null)) continue;
    const [held, holds] = [was.held?.fields ?? {}, source.held?.fields ?? {}];
    const decided =
      source.decided === undefined ? Object.keys(holds) : Object.keys(held).filter((path) => !(path in holds));
    for (const path of decided) here(path, source);
    if (was.held?.deletion !== source.held?.deletion) deeds.markDeleted(id);
  }
}

function changedPaths(before: ShardDocument, after: ShardDocument): string[] {
  return fields.map(pathOf).filter((path) => !sameValue(valueAt(before, path), valueAt(after, path)));
}

/** What is lacking is said by the same write; after a merge, which knows no routes, by the change feed. */
function faultsOfMarks(after: ShardDocument, routes: readonly PushRoute[]): string[] {
  if (isMerge(after)) return [];
  const { push = {} } = markPushes(after, routes);
  return sameValue(push, after.push ?? {})
    ? []
    : [`${after.id} says it lacks ${JSON.stringify(after.push)} instead of ${JSON.stringify(push)}`];
}

/** A revision is exactly what differs in data or status; it says what made it, and the one before is in the journal. */
function faultsOfRevision(world: TwoWayWorld, before: ShardDocument | undefined, after: ShardDocument): string[] {
  const { id, revision, cause } = after;
  if (before === undefined) return after.createdIn === undefined ? [`${id} does not say what made it`] : [];
  const faults: string[] = [];
  if (after.createdIn !== before.createdIn || after.createdAt !== before.createdAt) faults.push(`${id} was made twice`);
  const isSame = before.status === after.status && sameValue(before.data as Json, after.data as Json);
  if (isSame && revision === before.revision) return faults;
  if (revision !== before.revision + 1) faults.push(`${id} went from revision ${before.revision} to ${revision}`);
  if (isSame && !isMerge(after)) faults.push(`${id} has a revision ${revision} that is as the one before`);
  if (sameValue(cause as Json, before.cause as Json)) faults.push(`${id} does not say what made revision ${revision}`);
  const entry = beforeRevision(id, before.revision);
  if (!world.deps.journal.versions().some(([each]) => each.startsWith(`${entry}.`)))
    faults.push(`${id} lost revision ${before.revision}`);
  if (isMerge(after)) return faults;
  for (const path of changedPaths(before, after)) {
    const edit = after.edits?.[path];
    // Of one record, two changes may be told with the same time.
    const isTold = edit !== undefined && (edit.by === cause?.linkId || !sameValue(edit, before.edits?.[path] ?? null));
    if (!isTold) faults.push(`${id}: ${path} does not say since when it is ${JSON.stringify(valueAt(after, path))}`);
  }
  return faults;
}

/** What is known of a record never gets older, and is known of one state of it. */
function faultsOfKnowledge({ hostsAheadMs }: Program, before: ShardDocument, after: ShardDocument): string[] {
  return Object.entries(after.sources).flatMap(([linkId, now]) => {
    const was = before.sources[linkId];
    // By clocks that differ, nobody can tell.
    const isTold = was !== undefined && !isMerge(after) && hostsAheadMs === undefined;
    // A read that began earlier may show a later version.
    if (isTold && now.externalVersion === was.externalVersion && now.observed.fence < was.observed.fence)
      return [`${after.id} takes an earlier look at ${now.externalId} for a later one`];
    if (was?.externalVersion === undefined || now.externalVersion === undefined) return [];
    if (now.externalVersion < was.externalVersion) return [`${after.id} forgets a later state of ${now.externalId}`];
    const isOther = now.externalVersion !== was.externalVersion && !now.deleted;
    return isOther && now.externalRevision === was.externalRevision
      ? [`${after.id} knows the revision of an earlier state of ${now.externalId}`]
      : [];
  });
}

function isMerge({ cause }: ShardDocument): boolean {
  return cause?.kind === 'merge' || cause?.kind === 'merge-undone';
}

function valueAt(shard: ShardDocument, path: string): Json | undefined {
  return readPath(shard.data, path.split('.')) as Json | undefined;
}
