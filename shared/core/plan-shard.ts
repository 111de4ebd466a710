import { sameValue } from './canonical.ts';
import type { LastOutcome, LinkDocument } from './documents/link.ts';
import type { ShardDocument, ShardSource } from './documents/shard.ts';
import { readPath } from './field-path.ts';
import type { Json } from './json.ts';
import { type MergeInput, mergeSource, routesOf } from './merge-source.ts';
import { isOlder, isRepeat, type Observation, observedAs, type Sighting } from './observation.ts';
import { markPushes } from './two-way/push-routes.ts';

/**
 * What one observation does to its shard. `in-place`: it stands there already, seen as late. `stale`: the shard shows something newer, written by someone
 * who has not settled the link yet; with the outcome of this page's first attempt, if that was it.
 */
export type ShardPlan =
  | { readonly kind: 'stale'; readonly outcome: LastOutcome['outcome'] | undefined }
  | { readonly kind: 'in-place'; readonly outcome: LastOutcome['outcome'] }
  | { readonly kind: 'write'; readonly outcome: LastOutcome['outcome']; readonly document: ShardDocument };

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
  let seen = observation;
  if (shard !== undefined && source !== undefined) {
    const isAnswer = observation.pushed !== undefined && isInPlace(source, observation);
    const known = isAnswer ? undefined : planKnown(input, observation, shard, source);
    if (known !== undefined) return known;
    if (isAnswer && isLateLook(input, source, observation)) seen = asSeen(source, observation);
  }
  const { document, conflicted } = mergeSource(input, link, seen, shard, outcome);
  const told = conflicted && outcome === 'updated' ? 'conflicted' : outcome;
  if (seen.pushed !== undefined && shard !== undefined && sameValue(document as Json, shard as Json)) {
    return { kind: 'in-place', outcome: told };
  }
  return { kind: 'write', outcome: told, document };
}

/** What the source shows already, or has gone past. */
function planKnown(
  input: MergeInput,
  observation: Observation,
  shard: ShardDocument,
  source: ShardSource,
): ShardPlan | undefined {
  const first = isRepeat(source.last, input.sighting) ? source.last.outcome : undefined;
  const inPlace = isInPlace(source, observation);
  if (isLateLook(input, source, observation)) {
    return inPlace ? { kind: 'in-place', outcome: first ?? 'unchanged' } : { kind: 'stale', outcome: first };
  }
  return inPlace ? confirm(input, shard, observation, source, first ?? 'unchanged') : undefined;
}

/**
 * Whether the shard shows something newer of the source. Where the provider has no versions, or the same before and after because it counts seconds, a look
 * that began before a write of ours had ended shows either side of it.
 */
function isLateLook(input: MergeInput, source: ShardSource, observation: Observation): boolean {
  const { version, pushed } = observation;
  // What only shows what was sent may have shown that before.
  const isAnswer = pushed !== undefined && pushed.supposed !== true;
  const isTold = isAnswer || (version !== undefined && version !== source.externalVersion);
  const lookedAtMs = input.twoWay?.lookedAtMs;
  if (!isTold && source.pushedAtMs !== undefined && lookedAtMs !== undefined) {
    if (lookedAtMs <= source.pushedAtMs) return true;
  }
  return isOlder({ version: source.externalVersion, observed: source.observed }, observation, input.sighting);
}

/** The answer to a write that a later look has seen already: what both agree on counts, and when it was seen does not. */
function asSeen(source: ShardSource, observation: Observation): Observation {
  return {
    ...observation,
    version: source.externalVersion,
    revision: source.externalRevision,
    modifiedAt: source.modifiedAt,
    seen: source.observed,
  };
}

/**
 * The same content, seen later: the shard learns when, and gets a new ETag. Whoever read it before, and is about to write what the provider
 * showed in between, is refused.
 */
function confirm(
  input: MergeInput,
  shard: ShardDocument,
  observation: Observation,
  source: ShardSource,
  outcome: LastOutcome['outcome'],
): ShardPlan {
  const version = observation.version ?? source.externalVersion;
  const { fence, page } = observedAs(observation, input.sighting);
  const revision = observation.revision ?? source.externalRevision;
  const modifiedAt = observation.modifiedAt ?? source.modifiedAt;
  if (
    version === source.externalVersion &&
    revision === source.externalRevision &&
    modifiedAt === source.modifiedAt &&
    fence === source.observed.fence &&
    page === source.observed.page
  ) {
    return { kind: 'in-place', outcome };
  }
  const confirmed: ShardSource = {
    ...source,
    ...(version === undefined ? {} : { externalVersion: version }),
    ...(revision === undefined ? {} : { externalRevision: revision }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    observed: { fence, page },
  };
  const document = { ...shard, sources: { ...shard.sources, [observation.linkId]: confirmed } };
  // Of another state of the record, what was refused is tried again.
  const marked = markPushes(document, routesOf(input, observation.feed.shardTypeId));
  return { kind: 'write', outcome, document: marked };
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
