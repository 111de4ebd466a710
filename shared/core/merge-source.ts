import { sameValue } from './canonical.ts';
import type { Feed } from './conversion/compile-schema.ts';
import { definedOnly } from './defined-only.ts';
import type { Cause } from './documents/cause.ts';
import type { LastOutcome, LinkDocument } from './documents/link.ts';
import type { ShardDocument, ShardSource } from './documents/shard.ts';
import { readPath } from './field-path.ts';
import { goneStatus, isGone } from './identity/absorb-shard.ts';
import type { Matcher } from './identity/compile-match-rules.ts';
import { mergeSources, setPath, strategyOf } from './identity/survivorship.ts';
import { copyJson, type JsonObject } from './json.ts';
import { type Observation, observedAs, type Sighting } from './observation.ts';
import { searchText } from './search-text.ts';
import { describeSupposed, metBy } from './two-way/doubtful-creates.ts';
import type { TwoWayInput } from './two-way/draft.ts';
import { mergeTwoWay, type TwoWayMerge } from './two-way/merge-observation.ts';
import { markPushes, type PushRoute } from './two-way/push-routes.ts';
import { settleHolds } from './two-way/settle-holds.ts';

export interface MergeInput {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly sighting: Sighting;
  readonly now: string;
  /** What the observations come from, without the record. */
  readonly cause: Cause;
  /** Shards whose records are gone are kept as archived. */
  readonly archives?: boolean;
  /** How duplicates are found and whose values hold; absent when the shard type has no match rules. */
  readonly matcher?: Matcher | undefined;
  /** Where the tenant's shards are pushed to; absent where nothing is. The look began at `lookedAtMs`; between the writes of a lane when that is absent, so that it is older than none. */
  readonly twoWay?: { readonly routes: readonly PushRoute[]; readonly lookedAtMs?: number | undefined } | undefined;
}

/** The shard as it is once it shows what its source does, and whether something of it came to wait for a person. */
export function mergeSource(
  input: MergeInput,
  link: LinkDocument,
  observation: Observation,
  shard: ShardDocument | undefined,
  outcome: LastOutcome['outcome'],
): { document: ShardDocument; conflicted: boolean } {
  const next = nextSource(input, observation, shard, outcome);
  const routes = routesOf(input, observation.feed.shardTypeId);
  const merged =
    shard === undefined || routes.length === 0
      ? mergeOneWay(input, observation, shard, next)
      : mergeTwoWay(twoWayInput(input, observation, routes), shard, next);
  const { data, edits, deletion, conflicted } = merged;
  const shown = conflicted ? withConflict(merged.sources, observation) : merged.sources;
  const status = statusOf(shown, deletion);
  // What was held of this source or another one is over where both sides have come to the same.
  const sources = settleHolds({ data, status, sources: shown });
  const document: ShardDocument = {
    id: link.shardId,
    tenantId: input.tenantId,
    schemaVersion: 1,
    shardTypeId: observation.feed.shardTypeId,
    status,
    ...nextRevision(input, observation, shard, { data, status }),
    data,
    text: searchText(data),
    sources,
    ...definedOnly({ pushProblems: shard?.pushProblems, edits, deletion, absorbed: shard?.absorbed }),
  };
  return { document: markPushes(document, routes), conflicted };
}

/** The first outcome is the one that a repeat returns. */
function withConflict(sources: ShardDocument['sources'], { linkId }: Observation): ShardDocument['sources'] {
  const source = sources[linkId];
  if (source?.last.outcome !== 'updated') return sources;
  return { ...sources, [linkId]: { ...source, last: { ...source.last, outcome: 'conflicted' } } };
}

/** Where shards of a type are pushed to. */
export function routesOf({ twoWay }: MergeInput, shardTypeId: string): readonly PushRoute[] {
  return (twoWay?.routes ?? []).filter((route) => route.shardTypeId === shardTypeId);
}

function twoWayInput(input: MergeInput, observation: Observation, routes: readonly PushRoute[]): TwoWayInput {
  return {
    linkId: observation.linkId,
    observation,
    route: routes.find(
      ({ integrationId, object }) => integrationId === input.integrationId && object === observation.feed.object,
    ),
    routes,
    strategies: strategyOf(input.matcher?.set),
    now: input.now,
  };
}

/** Every source deleted, or a deletion that holds for all. What is to be created anew, or decided about, is not gone. */
function statusOf(
  sources: ShardDocument['sources'],
  deletion: ShardDocument['deletion'],
): 'active' | 'deleted' | 'archived' {
  if (deletion !== undefined) return 'deleted';
  return Object.values(sources).every(isGone) ? goneStatus(sources) : 'active';
}

/** Nothing is pushed from here: what the sources show is taken, also of a shard that was deleted here. What was revived here is so until its record comes back. */
function mergeOneWay(
  input: MergeInput,
  observation: Observation,
  shard: ShardDocument | undefined,
  next: ShardSource,
): TwoWayMerge {
  const { recreate: _recreate, ...back } = next;
  const shown = { ...shard?.sources, [observation.linkId]: observation.deleted ? next : back };
  const data = nextData(input, observation, shard, shown);
  const deletion = observation.deleted ? shard?.deletion : undefined;
  return { data, sources: shown, edits: shard?.edits, deletion, conflicted: false };
}

/** A record that shows nothing new of the shard, but of its source alone, makes no revision. */
function nextRevision(
  { cause, now }: MergeInput,
  { linkId }: Observation,
  shard: ShardDocument | undefined,
  next: Pick<ShardDocument, 'data' | 'status'>,
): Pick<ShardDocument, 'revision' | 'cause' | 'createdIn' | 'createdAt' | 'updatedAt'> {
  const made = { cause: { ...cause, linkId }, updatedAt: now };
  if (shard === undefined) return { revision: 1, createdIn: cause.id, createdAt: now, ...made };
  const { revision, cause: before, createdIn, createdAt, updatedAt } = shard;
  const kept = { createdAt, ...(createdIn === undefined ? {} : { createdIn }) };
  if (next.status !== shard.status || !sameValue(next.data, shard.data)) {
    return { revision: revision + 1, ...kept, ...made };
  }
  return { revision, ...(before === undefined ? {} : { cause: before }), ...kept, updatedAt };
}

/** Where several records feed the shard, the value of each field follows from all of them. */
function nextData(
  input: MergeInput,
  observation: Observation,
  shard: ShardDocument | undefined,
  sources: ShardDocument['sources'],
): JsonObject {
  const { paths } = observation.feed;
  const isAlone = Object.keys(sources).length === 1;
  if (shard !== undefined && !isAlone && Object.values(sources).some((source) => !source.deleted)) {
    return mergeSources(shard.data, shard.sources, sources, paths, strategyOf(input.matcher?.set));
  }
  if (observation.deleted) return shard?.data ?? {};
  return takeChanges(shard?.data, shard?.sources[observation.linkId]?.externalBase, observation.data, paths);
}

function nextSource(
  input: MergeInput,
  observation: Observation,
  shard: ShardDocument | undefined,
  outcome: LastOutcome['outcome'],
): ShardSource {
  const source = shard?.sources[observation.linkId];
  const version = observation.version ?? source?.externalVersion;
  // Where the provider tells no time, a change is as new as our look at it; of an earlier look that is tried again nobody knows.
  const isNew = input.matcher !== undefined && observation.seen === undefined;
  const modifiedAt = observation.modifiedAt ?? (isNew ? input.now : source?.modifiedAt);
  const revision = observation.revision ?? source?.externalRevision;
  return {
    ...(source ?? { addedIn: addedBy(input, observation, shard) }),
    integrationId: input.integrationId,
    object: observation.feed.object,
    externalId: observation.externalId,
    externalBase: observation.deleted
      ? (source?.externalBase ?? {})
      : takeChanges(source?.externalBase, undefined, observation.data, observation.feed.paths),
    ...(version === undefined ? {} : { externalVersion: version }),
    ...(revision === undefined ? {} : { externalRevision: revision }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(observation.pushed === undefined ? {} : { pushedAtMs: input.twoWay?.lookedAtMs ?? Date.parse(input.now) }),
    observed: observedAs(observation, input.sighting),
    deleted: observation.deleted,
    ...(observation.deleted && input.archives === true ? { archived: true as const } : {}),
    last: { executionId: input.sighting.executionId, page: input.sighting.page, outcome },
  };
}

/** A record that a create of ours made came by that, whoever saw it first; not one that it met. */
function addedBy({ cause }: MergeInput, { pushed }: Observation, shard: ShardDocument | undefined): string {
  if (pushed?.supposed === true) return describeSupposed(cause.id, pushed);
  return cause.kind === 'push' && pushed === undefined && shard !== undefined ? `${metBy}${cause.id}` : cause.id;
}

/** Takes over what `theirs` shows otherwise than `base`, all of it where there is no base; other fields stay ours. */
function takeChanges(
  ours: JsonObject | undefined,
  base: JsonObject | undefined,
  theirs: JsonObject,
  paths: Feed['paths'],
): JsonObject {
  if (ours === undefined) return theirs;
  const merged = copyJson(ours);
  for (const path of paths) {
    const value = readPath(theirs, path);
    if (base !== undefined && sameValue(readPath(base, path), value)) continue;
    setPath(merged, path, value);
  }
  return merged;
}
