import type { ShardDocument } from '../../core/documents/shard.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';

/** The shard that a record feeds now: where it was last known to be, or else where its link leads since shards were merged or parted. */
export async function findHeldShard(
  deps: Pick<Deps, 'shards' | 'links'>,
  scope: Scope,
  { shardId, linkId }: { readonly shardId: string; readonly linkId: string },
): Promise<Stored<ShardDocument> | undefined> {
  const known = await findAt(deps, scope, shardId, linkId);
  if (known !== undefined) return known;
  const link = await deps.links.get(scope, { id: linkId });
  return link === undefined ? undefined : findAt(deps, scope, link.document.shardId, linkId);
}

async function findAt(
  deps: Pick<Deps, 'shards'>,
  scope: Scope,
  shardId: string,
  linkId: string,
): Promise<Stored<ShardDocument> | undefined> {
  const stored = (await followForwarding(deps, scope, [shardId])).get(shardId)?.stored;
  return stored?.document.sources[linkId] === undefined ? undefined : stored;
}
