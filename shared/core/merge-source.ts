import { sameValue } from './canonical.ts';
import type { Feed } from './conversion/compile-schema.ts';
import type { LastOutcome, LinkDocument } from './documents/link.ts';
import type { ShardDocument, ShardSource } from './documents/shard.ts';
import { readPath, removePath, writePath } from './field-path.ts';
import type { Json, JsonObject } from './json.ts';
import { isOlder, isRepeat, type Observation, observedAs, type Sighting } from './observation.ts';

/**
 * What one observation does to its shard. `in-place`: it stands there already, seen as late. `stale`: the shard shows something newer, written by someone
 * who has not settled the link yet; with the outcome of this page's first attempt, if that was it.
 */
export type ShardPlan =
  | { readonly kind: 'stale'; readonly outcome: LastOutcome['outcome'] | undefined }
  | { readonly kind: 'in-place'; readonly outcome: LastOutcome['outcome'] }
  | { readonly kind: 'write'; readonly outcome: LastOutcome['outcome']; readonly document: ShardDocument };

export interface MergeInput {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly sighting: Sighting;
  readonly now: string;
}

/**
 * Compares an observation with the source's own base in the shard, field by field: what the provider changed since the base is taken, what
 * it left alone keeps our value. Repeating it yields no write and the first outcome.
 */
export function planShard(
  input: MergeInput,
  link: LinkDocument,
  observation: Observation,
  shard: ShardDocument | undefined,
): ShardPlan {
  const source = shard?.sources[observation.linkId];
  const outcome = outcomeOf(source, input.sighting);
  if (shard !== undefined && source !== undefined) {
    const first = isRepeat(source.last, input.sighting) ? source.last.outcome : undefined;
    const known = { version: source.externalVersion, observed: source.observed };
    const inPlace = isInPlace(source, observation);
    if (isOlder(known, observation, input.sighting)) {
      return inPlace ? { kind: 'in-place', outcome: first ?? 'unchanged' } : { kind: 'stale', outcome: first };
    }
    if (inPlace) return confirm(input, shard, observation, source, first ?? 'unchanged');
  }
  const data = observation.deleted
    ? (shard?.data ?? {})
    : mergeFields(shard?.data, source?.externalBase, observation.data, observation.feed.paths);
  const sources = {
    ...shard?.sources,
    [observation.linkId]: nextSource(input, observation, source, outcome),
  };
  return {
    kind: 'write',
    outcome,
    document: {
      id: link.shardId,
      tenantId: input.tenantId,
      schemaVersion: 1,
      shardTypeId: observation.feed.shardTypeId,
      status: Object.values(sources).every((each) => each.deleted) ? 'deleted' : 'active',
      revision: (shard?.revision ?? 0) + 1,
      data,
      text: searchText(data),
      sources,
      createdAt: shard?.createdAt ?? input.now,
      updatedAt: input.now,
    },
  };
}

/**
 * The same content, seen later: the shard learns when, and gets a new ETag. Whoever read it before, and is about to write what the provider
 * showed in between, is refused.
 */
function confirm(
  { sighting }: MergeInput,
  shard: ShardDocument,
  observation: Observation,
  source: ShardSource,
  outcome: LastOutcome['outcome'],
): ShardPlan {
  const version = observation.version ?? source.externalVersion;
  const { fence, page } = observedAs(observation, sighting);
  if (version === source.externalVersion && fence === source.observed.fence && page === source.observed.page) {
    return { kind: 'in-place', outcome };
  }
  const confirmed: ShardSource = {
    ...source,
    ...(version === undefined ? {} : { externalVersion: version }),
    observed: { fence, page },
  };
  const document = { ...shard, sources: { ...shard.sources, [observation.linkId]: confirmed } };
  return { kind: 'write', outcome, document };
}

/** `created` is the number of new links: a shard that does not know the source yet gains one. */
function outcomeOf(source: ShardSource | undefined, sighting: Sighting): LastOutcome['outcome'] {
  if (source === undefined) return 'created';
  return isRepeat(source.last, sighting) && source.last.outcome === 'created' ? 'created' : 'updated';
}

/** The base may hold more: what other mappings of the same record read. */
function isInPlace(source: ShardSource, observation: Observation): boolean {
  if (source.deleted || observation.deleted) return source.deleted && observation.deleted;
  return observation.feed.paths.every((path) =>
    sameValue(readPath(source.externalBase, path), readPath(observation.data, path)),
  );
}

function nextSource(
  input: MergeInput,
  observation: Observation,
  source: ShardSource | undefined,
  outcome: LastOutcome['outcome'],
): ShardSource {
  const version = observation.version ?? source?.externalVersion;
  return {
    integrationId: input.integrationId,
    object: observation.feed.object,
    externalId: observation.externalId,
    externalBase: observation.deleted
      ? (source?.externalBase ?? {})
      : mergeFields(source?.externalBase, undefined, observation.data, observation.feed.paths),
    ...(version === undefined ? {} : { externalVersion: version }),
    observed: observedAs(observation, input.sighting),
    deleted: observation.deleted,
    last: { executionId: input.sighting.executionId, page: input.sighting.page, outcome },
  };
}

/** Takes over what `theirs` shows otherwise than `base`, all of it where there is no base; other fields stay ours. */
function mergeFields(
  ours: JsonObject | undefined,
  base: JsonObject | undefined,
  theirs: JsonObject,
  paths: Feed['paths'],
): JsonObject {
  if (ours === undefined) return theirs;
  const merged = structuredClone(ours);
  for (const path of paths) {
    const value = readPath(theirs, path);
    if (base !== undefined && sameValue(readPath(base, path), value)) continue;
    if (value === undefined) removePath(merged, path);
    else writePath(merged, path, structuredClone(value));
  }
  return merged;
}

const searchTextLimit = 400;

/** All text of the shard in lower case, for the list's text filter; as much as fits the limit. */
function searchText(data: JsonObject): string {
  const parts: string[] = [];
  let length = 0;
  const collect = (value: Json | undefined): void => {
    if (length > searchTextLimit || value === undefined || value === null) return;
    if (typeof value === 'string') {
      parts.push(value);
      length += value.length + 1;
    } else if (typeof value === 'object') {
      for (const each of Object.values(value)) collect(each);
    }
  };
  collect(data);
  return parts.join(' ').slice(0, searchTextLimit).toWellFormed().toLowerCase();
}
