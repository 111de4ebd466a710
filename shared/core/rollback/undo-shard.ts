import { sameValue } from '../canonical.ts';
import { changeShard } from '../change-shard.ts';
import type { Cause } from '../documents/cause.ts';
import type { ShardDocument, ShardSource } from '../documents/shard.ts';
import { readPath } from '../field-path.ts';
import { leafPaths, type Path, setPath } from '../identity/survivorship.ts';
import type { JsonObject } from '../json.ts';
import type { PushRoute } from '../two-way/push-routes.ts';
import type { Verdict } from './judge-shard.ts';

export interface HowToUndo {
  /** The bases too become what they would be had the provider shown the old values, so that the next look at it takes what it shows. */
  readonly acceptProvider: boolean;
  readonly cause: Cause;
  /** Where the tenant's shards are pushed to. */
  readonly routes: readonly PushRoute[];
}

export type Undo = Extract<Verdict, { kind: 'restore' | 'delete' }>;

/**
 * The shard as it was before the execution. Its sources stay, and so do their bases: what a provider shows and did not change is not taken again.
 * What the other sides lack of it is pushed to them.
 */
export function undoShard(
  shard: ShardDocument,
  undo: Undo,
  { acceptProvider, cause, routes }: HowToUndo,
): ShardDocument {
  const isDelete = undo.kind === 'delete';
  const data = isDelete ? shard.data : undo.image.data;
  const status = isDelete ? 'deleted' : livingOr(undo.image.status);
  const restoring: Cause = { ...cause, restores: isDelete ? 0 : undo.revision };
  if (!acceptProvider) return changeShard(shard, { status, data }, restoring, routes);
  const rebase = isDelete ? forget : (source: ShardSource) => returnTo(source, shard.data, data);
  const sources = Object.fromEntries(Object.entries(shard.sources).map(([id, source]) => [id, rebase(source)]));
  return changeShard(shard, { status, data, sources }, restoring, routes);
}

/** An image is never a tombstone's: an execution writes none. */
function livingOr(status: ShardDocument['status']): 'active' | 'deleted' | 'archived' {
  return status === 'merged' ? 'active' : status;
}

/** The record counts as seen and empty: whatever it shows is new. */
function forget({ internalBase: _internalBase, ...source }: ShardSource): ShardSource {
  return { ...source, externalBase: {} };
}

/** A marker that the record was deleted is taken again as well. */
function returnTo(source: ShardSource, from: JsonObject, to: JsonObject): ShardSource {
  const { recreate: _recreate, archived: _archived, internalBase, ...rest } = source;
  const externalBase = structuredClone(source.externalBase);
  const agreements = { ...internalBase };
  for (const path of leafPaths([from, to])) {
    if (sameValue(readPath(from, path), readPath(to, path))) continue;
    resetPath(externalBase, path, to);
    delete agreements[path.join('.')];
  }
  const kept = Object.keys(agreements).length === 0 ? {} : { internalBase: agreements };
  return { ...rest, ...kept, externalBase, deleted: false };
}

/** Fields that the source never showed are not its own. */
function resetPath(base: JsonObject, path: Path, to: JsonObject): void {
  if (readPath(base, path) !== undefined) setPath(base, path, readPath(to, path));
}
