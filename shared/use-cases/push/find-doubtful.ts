import { pushLaneId } from '../../core/documents/push-lane.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { pushNeeds } from '../../core/two-way/push-routes.ts';
import type { LaneWork } from './lane-work.ts';

/**
 * Finds shards that are not to be created here yet: of a record that another lane may just be creating, and that was seen before the answer came. Such a shard
 * becomes one with whom it was created for, and would have two records here. Ask before the shards are read: one that is still itself afterwards is nobody else.
 *
 * @param listed where the shards may come from
 */
export async function findDoubtful(
  { deps, scope, own, integration }: LaneWork,
  listed: readonly ShardDocument[],
): Promise<(shard: ShardDocument) => boolean> {
  const isToBeCreated = (shard: ShardDocument) =>
    own.some((route) => pushNeeds(shard, route).some(({ kind }) => kind === 'create'));
  const origins = listed.flatMap((shard) =>
    isToBeCreated(shard) ? Object.values(shard.sources).map(({ integrationId }) => integrationId) : [],
  );
  const others = [...new Set(origins)].filter((id) => id !== integration.id);
  if (others.length === 0) return () => false;
  const lanes = await deps.pushLanes.getMany(
    scope,
    others.map((id) => ({ id: pushLaneId(id) })),
  );
  const creates = lanes.flatMap((lane) => {
    const { integrationId, batch } = lane?.document ?? {};
    return (batch?.intents ?? []).flatMap((intent) =>
      // The clocks of hosts differ by less than a lease lasts.
      intent.kind === 'create'
        ? [{ ...intent, integrationId, sinceMs: (batch?.sentAtMs ?? 0) - deps.engine.leaseMs }]
        : [],
    );
  });
  return (shard) =>
    isToBeCreated(shard) &&
    Object.values(shard.sources).some((source) =>
      creates.some(
        ({ integrationId, object, shardTypeId, shardId, sinceMs }) =>
          source.integrationId === integrationId &&
          source.object === object &&
          shard.shardTypeId === shardTypeId &&
          shard.id !== shardId &&
          Date.parse(shard.createdAt) >= sinceMs,
      ),
    );
}
