import type { getShard as route } from '../contracts/shards.ts';
import { AppError } from '../core/app-error.ts';
import { describeShard } from '../core/describe-shard.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';

/** One shard of the tenant. Throws `not-found`. */
export async function getShard(
  deps: Pick<Deps, 'shards'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const stored = await deps.shards.get(scope, { id: params.shardId });
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such shard.' });
  return { body: describeShard(stored.document), etag: stored.etag };
}
