import { sameValue } from './canonical.ts';
import { changeShard } from './change-shard.ts';
import type { Cause } from './documents/cause.ts';
import type { ShardDocument, ShardSource } from './documents/shard.ts';
import type { JsonObject } from './json.ts';
import { mergePatch } from './merge-patch.ts';
import { findOwnSource } from './own-record.ts';
import type { PushRoute } from './two-way/push-routes.ts';

/**
 * The shard with what a person or a program changes of its data, as a JSON Merge Patch. Of its records only the one by which it was made here follows:
 * it says what is said here.
 */
export function editShard(
  shard: ShardDocument,
  patch: JsonObject,
  cause: Cause,
  routes: readonly PushRoute[],
): ShardDocument {
  const data = mergePatch(shard.data as JsonObject, patch);
  if (sameValue(data, shard.data as JsonObject)) return shard;
  return changeOwn(changeShard(shard, { data }, cause, routes), (source) => sayAnew(source, patch, cause));
}

/** The shard as deleted here: its records elsewhere do not bring it back by being there still, and are deleted where that is mirrored. */
export function deleteShardHere(shard: ShardDocument, cause: Cause, routes: readonly PushRoute[]): ShardDocument {
  if (shard.status !== 'active') return shard;
  const deleted = changeShard(shard, { status: 'deleted' }, cause, routes);
  return changeOwn(deleted, (source) => ({ ...sayAnew(source, {}, cause), deleted: true }));
}

/** The record of its own is pushed nowhere, so what the shard says of pushes stays true. */
function changeOwn(shard: ShardDocument, change: (source: ShardSource) => ShardSource): ShardDocument {
  const own = findOwnSource(shard);
  if (own === undefined) return shard;
  return { ...shard, sources: { ...shard.sources, [own.linkId]: change(own.source) } };
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
