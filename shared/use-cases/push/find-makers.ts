import type { ExternalChange } from '../../core/adapter.ts';
import type { PushIntent } from '../../core/documents/push-lane.ts';
import { listDoubtful } from '../apply-page/find-created.ts';
import type { LoadedRoute } from '../load-push-routes.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import type { LaneWork } from './lane-work.ts';
import { shows } from './shows.ts';

/** A record that was there when a shard was to be created. */
export interface Met {
  readonly intent: PushIntent;
  readonly change: ExternalChange;
}

/**
 * Of records that creates have met, by whose create each may have been made that is in doubt: it shows all that was sent. That one's it is once it is read.
 *
 * @param batch what was sent with them and was not refused
 * @returns shards of others, in the order of what is given
 */
export async function findMakers(
  work: LaneWork,
  route: LoadedRoute,
  met: readonly Met[],
  batch: readonly PushIntent[],
): Promise<readonly (string | undefined)[]> {
  if (met.length === 0) return [];
  const { deps, scope, integration } = work;
  const creates = (await listDoubtful(deps, scope, integration.id, batch)).filter(
    ({ object, shardTypeId }) => object === route.object && shardTypeId === route.shardTypeId,
  );
  const survivors = await followForwarding(
    deps,
    scope,
    [...creates, ...met.map(({ intent }) => intent)].map(({ shardId }) => shardId),
  );
  const survivorOf = (shardId: string) => survivors.get(shardId)?.id ?? shardId;
  return Promise.all(
    met.map(async ({ intent, change }) => {
      for (const { shardId, sent } of creates) {
        const maker = survivorOf(shardId);
        if (maker !== survivorOf(intent.shardId) && (await shows(work, route, change, sent))) return maker;
      }
      return undefined;
    }),
  );
}
