import { AppError } from '../../core/app-error.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { type IfMatch, isMatch } from '../../core/etag.ts';
import type { Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { readSurvivors } from '../apply-page/write-shards.ts';
import type { MergeNeeds } from '../merge-shards/complete-merge.ts';
import { putShard } from '../put-shards.ts';

/** Losing this many races in a row means that something writes without end. */
const maximumTries = 20;

export interface Rewrite {
  /** Names the request, of which this is the only revision: what it made is not made again. */
  readonly requestId?: string;
  readonly ifMatch?: IfMatch | undefined;
  /** What it shall become; the same for no change. May throw to refuse. */
  readonly change: (shard: ShardDocument) => ShardDocument | Promise<ShardDocument>;
  /** Done before the write, where there is something to write. */
  readonly announce?: (shard: ShardDocument) => Promise<void>;
}

/**
 * Changes one shard for a request, at the end of its forwarding: with `ifMatch` only the version that the caller saw, else the newest. A try that is repeated finds
 * its own revision.
 *
 * @throws AppError `not-found`, `precondition-failed`; `unavailable` when the races don't end; what `change` throws
 */
export async function rewriteShard(
  deps: MergeNeeds,
  scope: Scope,
  shardId: string,
  { requestId, ifMatch, change, announce }: Rewrite,
): Promise<Stored<ShardDocument>> {
  for (let attempt = 0; attempt < maximumTries; attempt += 1) {
    const before = await readShard(deps, scope, shardId);
    if (requestId !== undefined && before.document.cause?.id === requestId) return before;
    if (!isMatch(ifMatch, before.etag)) throw new AppError('precondition-failed');
    const document = await change(before.document);
    if (document === before.document) return before;
    await announce?.(document);
    const result = await putShard(deps, scope, { before, document });
    if (result.ok) return { document, etag: result.etag };
  }
  throw new AppError('unavailable', { detail: 'It is being changed too often at the moment.' });
}

/** The shard that the id stands for now. Throws `not-found`. */
export async function readShard(deps: MergeNeeds, scope: Scope, shardId: string): Promise<Stored<ShardDocument>> {
  const stored = (await readSurvivors(deps, scope, [shardId])).get(shardId)?.stored;
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such shard.' });
  return stored;
}
