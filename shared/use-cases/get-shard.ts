import type { getShard as route } from '../contracts/shards.ts';
import { AppError } from '../core/app-error.ts';
import { describeShard } from '../core/describe-shard.ts';
import type { ShardDocument } from '../core/documents/shard.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';

/** One shard of the tenant; for one that was merged, the shard that it is now. Throws `not-found`. */
export async function getShard(
  deps: Pick<Deps, 'shards'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const asked = params.shardId;
  const stored = await findSurvivor(deps, scope, asked);
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such shard.' });
  const { id } = stored.document;
  return {
    body: { ...describeShard(stored.document), ...(id === asked ? {} : { mergedInto: id }) },
    etag: stored.etag,
  };
}

/** Reads one by one, since hardly any was merged: most requests are one read. */
async function findSurvivor(
  deps: Pick<Deps, 'shards'>,
  scope: Scope,
  asked: string,
): Promise<Stored<ShardDocument> | undefined> {
  let stored = await deps.shards.get(scope, { id: asked });
  while (stored?.document.mergedInto !== undefined) {
    stored = await deps.shards.get(scope, { id: stored.document.mergedInto });
  }
  return stored;
}
