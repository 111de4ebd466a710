import { sameValue } from '../canonical.ts';
import { changeShard } from '../change-shard.ts';
import type { Cause } from '../documents/cause.ts';
import type { ShardDocument, ShardSource } from '../documents/shard.ts';
import { readPath } from '../field-path.ts';
import { leafPaths, type Path, setPath } from '../identity/survivorship.ts';
import type { JsonObject } from '../json.ts';
import type { Verdict } from './judge-shard.ts';

export type Undo = Extract<Verdict, { kind: 'restore' | 'delete' }>;

/**
 * The shard as it was before the execution. Its sources stay, and so do their bases: what a provider shows and did not change is not taken again.
 *
 * @param acceptProvider the bases too become what they would be had the provider shown the old values, so that the next look at it takes what it shows
 */
export function undoShard(shard: ShardDocument, undo: Undo, acceptProvider: boolean, cause: Cause): ShardDocument {
  const isDelete = undo.kind === 'delete';
  const { status, data } = isDelete ? { status: 'deleted' as const, data: shard.data } : undo.image;
  const restoring: Cause = { ...cause, restores: isDelete ? 0 : undo.revision };
  if (!acceptProvider) return changeShard(shard, { status, data }, restoring);
  const rebase = isDelete ? forget : (source: ShardSource) => returnTo(source, shard.data, data);
  const sources = Object.fromEntries(Object.entries(shard.sources).map(([id, source]) => [id, rebase(source)]));
  return changeShard(shard, { status, data, sources }, restoring);
}

/** The record counts as seen and empty: whatever it shows is new. */
function forget(source: ShardSource): ShardSource {
  return { ...source, externalBase: {} };
}

/** A marker that the record was deleted is taken again as well. */
function returnTo(source: ShardSource, from: JsonObject, to: JsonObject): ShardSource {
  const externalBase = structuredClone(source.externalBase);
  for (const path of leafPaths([from, to])) {
    if (!sameValue(readPath(from, path), readPath(to, path))) resetPath(externalBase, path, to);
  }
  return { ...source, externalBase, deleted: false };
}

/** Fields that the source never showed are not its own. */
function resetPath(base: JsonObject, path: Path, to: JsonObject): void {
  if (readPath(base, path) !== undefined) setPath(base, path, readPath(to, path));
}
