import { sameValue } from '../../core/canonical.ts';
import type { PushIntent } from '../../core/documents/push-lane.ts';
import type { JsonObject } from '../../core/json.ts';
import { expectedOf } from '../../core/two-way/plan-push.ts';
import { printOf, pushNeeds } from '../../core/two-way/push-routes.ts';
import type { LoadedRoute } from '../load-push-routes.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import type { PushAnswer } from './apply-answers.ts';
import type { LaneWork } from './lane-work.ts';

/**
 * Writes to records that are said to have moved on, and show what the write was decided on: sent again, they would be answered the same. Ask once the looks
 * at the records were applied.
 */
export async function findUnmoved(
  { deps, scope }: LaneWork,
  route: LoadedRoute,
  answers: readonly PushAnswer[],
): Promise<readonly PushIntent[]> {
  const intents = answers.flatMap(({ intent, written, gone }) =>
    intent.kind === 'create' || written || gone === true ? [] : [intent],
  );
  if (intents.length === 0) return [];
  const shards = await followForwarding(
    deps,
    scope,
    intents.map(({ shardId }) => shardId),
  );
  return intents.filter(({ shardId, linkId = '', expected, print }) => {
    const shard = shards.get(shardId)?.stored?.document;
    if (shard === undefined || printOf(shard, route, pushNeeds(shard, route)) !== print) return false;
    const now = expectedOf(shard.sources[linkId]);
    return sameValue({ ...now } as JsonObject, { ...expected } as JsonObject);
  });
}
