import { sameValue } from './canonical.ts';
import { changeShard } from './change-shard.ts';
import type { Cause } from './documents/cause.ts';
import type { ShardDocument, ShardSource } from './documents/shard.ts';
import { readPath } from './field-path.ts';
import { leafPaths } from './identity/survivorship.ts';
import type { JsonObject } from './json.ts';
import { mergePatch } from './merge-patch.ts';
import { findOwnSource } from './own-record.ts';
import { markPushes, type PushRoute } from './two-way/push-routes.ts';

/**
 * The shard with what a person or a program changes of its data. What its sources showed stays as it is: the next look at one of them is compared with that, and what
 * was edited is what they lack. Only the record by which the shard was made here says what is said here.
 */
export function editShard(
  shard: ShardDocument,
  patch: JsonObject,
  cause: Cause,
  routes: readonly PushRoute[],
): ShardDocument {
  const data = mergePatch(shard.data as JsonObject, patch);
  if (sameValue(data, shard.data as JsonObject)) return shard;
  const edits = { ...shard.edits, ...editsOf(shard.data as JsonObject, data, cause) };
  const own = findOwnSource(shard);
  const sources =
    own === undefined ? shard.sources : { ...shard.sources, [own.linkId]: sayAnew(own.source, patch, cause) };
  return markPushes({ ...changeShard(shard, { data, sources }, cause), edits }, routes);
}

/** The shard as deleted here: its records elsewhere do not bring it back by being there still, and are deleted where that is mirrored. */
export function deleteShardHere(shard: ShardDocument, cause: Cause, routes: readonly PushRoute[]): ShardDocument {
  if (shard.status !== 'active') return shard;
  const own = findOwnSource(shard);
  const sources =
    own === undefined
      ? shard.sources
      : { ...shard.sources, [own.linkId]: { ...sayAnew(own.source, {}, cause), deleted: true } };
  const deletion = { by: cause.actorId, at: cause.at };
  return markPushes({ ...changeShard(shard, { status: 'deleted', sources }, cause), deletion }, routes);
}

/** A shard that was deleted and is made again here. */
export function reviveShard(shard: ShardDocument, cause: Cause, routes: readonly PushRoute[]): ShardDocument {
  const { deletion: _deletion, ...rest } = changeShard(shard, { status: 'active' }, cause);
  return markPushes(rest, routes);
}

/** Each look is later than the one before, whichever host's clock says so. */
function sayAnew(source: ShardSource, patch: JsonObject, cause: Cause): ShardSource {
  const fence = Math.max(Date.parse(cause.at), source.observed.fence + 1);
  return {
    ...source,
    externalBase: mergePatch(source.externalBase as JsonObject, patch),
    modifiedAt: cause.at,
    observed: { fence, page: 0 },
    last: { executionId: cause.id, page: 0, outcome: 'updated' },
  };
}

/** Every field that has another value, and the objects that it is in: a mapping may own either. */
function editsOf(before: JsonObject, after: JsonObject, { at, actorId }: Cause): NonNullable<ShardDocument['edits']> {
  const edits: NonNullable<ShardDocument['edits']> = {};
  for (const path of leafPaths([before, after])) {
    if (sameValue(readPath(before, path), readPath(after, path))) continue;
    for (let length = 1; length <= path.length; length += 1) {
      edits[path.slice(0, length).join('.')] = { at, by: actorId };
    }
  }
  return edits;
}
