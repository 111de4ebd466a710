import { sameValue } from '../../core/canonical.ts';
import type { PushLaneDocument } from '../../core/documents/push-lane.ts';
import { markPushes } from '../../core/two-way/push-routes.ts';
import { putShards } from '../put-shards.ts';
import { advanceScan } from './lane.ts';
import type { LaneWork } from './lane-work.ts';

const shardsPerScan = 200;

/** Looks at some more shards for whatever is lacking of them anywhere, and marks it. A shard that is changed meanwhile is marked by who changes it. */
export async function scanShards(work: LaneWork, scan: NonNullable<PushLaneDocument['scan']>): Promise<void> {
  const { deps, scope, lane, routes } = work;
  const [shardTypeId, ...others] = scan.shardTypeIds;
  if (shardTypeId === undefined) return advanceScan(deps, scope, lane, scan, undefined);
  const listed = await deps.shards.list(scope, {
    filters: [{ field: 'shardTypeId', is: 'equal', value: shardTypeId }],
    order: 'ascending',
    afterId: scan.afterId,
    limit: shardsPerScan,
  });
  await putShards(
    deps,
    scope,
    listed.flatMap((before) => {
      const document = markPushes(before.document, routes);
      return sameValue(document.push ?? {}, before.document.push ?? {}) ? [] : [{ before, document }];
    }),
  );
  const last = listed.at(-1)?.document.id;
  if (listed.length === shardsPerScan && last !== undefined) {
    return advanceScan(deps, scope, lane, scan, { shardTypeIds: scan.shardTypeIds, afterId: last });
  }
  await advanceScan(deps, scope, lane, scan, others.length === 0 ? undefined : { shardTypeIds: others });
}
