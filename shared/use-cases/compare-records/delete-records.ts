import type { Cause } from '../../core/documents/cause.ts';
import type { LinkDocument } from '../../core/documents/link.ts';
import type { ShardSource } from '../../core/documents/shard.ts';
import { type FrozenRules, matchersOf } from '../../core/identity/frozen-rules.ts';
import { leafPaths } from '../../core/identity/survivorship.ts';
import type { JsonObject } from '../../core/json.ts';
import { isRepeat, type Observation, type Sighting } from '../../core/observation.ts';
import type { Scope } from '../../core/scope.ts';
import { applyByType } from '../apply-page/apply-by-type.ts';
import type { Stores } from '../apply-page/item.ts';
import { type LeftRecord, readRecords } from '../apply-page/leave-records.ts';
import { loadPushRoutes, type RouteNeeds } from '../load-push-routes.ts';

export interface Deletions {
  readonly integrationId: string;
  readonly linkIds: readonly string[];
  /** The shards are kept as archived. */
  readonly archives: boolean;
  /** By which the same records are known when this is repeated. What was looked at with its fence or a later one has been seen since, and stays. */
  readonly sighting: Sighting;
  readonly cause: Cause;
  readonly matchRules: FrozenRules;
}

/**
 * Deletes records that are no longer there, as if the provider had said so of each, but those that have been seen since. Safe to repeat.
 *
 * @returns how many records it has deleted, also when a try before did so; `undefined` when the work was taken over
 */
export async function deleteRecords(
  deps: Stores & RouteNeeds,
  scope: Scope,
  { integrationId, linkIds, archives, sighting, cause, matchRules }: Deletions,
  keepHold: () => Promise<boolean>,
): Promise<number | undefined> {
  const records = await readRecords(deps, scope, linkIds);
  const observations = records.flatMap((record) => deletionOf(record, sighting) ?? []);
  const matchers = matchersOf(
    matchRules,
    observations.map(({ feed }) => feed.shardTypeId),
  );
  const routes = await loadPushRoutes(deps, scope);
  const input = {
    tenantId: scope.tenantId,
    integrationId,
    sighting,
    now: cause.at,
    cause,
    archives,
    // They were missed by a read that began with this fence.
    ...(routes.length === 0 ? {} : { twoWay: { routes, lookedAtMs: sighting.fence } }),
  };
  const counts = await applyByType(deps, scope, input, matchers, observations, false, keepHold);
  return counts === undefined ? undefined : counts.updated + counts.conflicted;
}

function deletionOf({ link: { document: link }, source }: LeftRecord, sighting: Sighting): Observation | undefined {
  if (source === undefined || wasSeenSince(link, source, sighting)) return undefined;
  const { object, shardTypeId, externalId } = link;
  return {
    linkId: link.id,
    // All that the record had given; the mapping that made it may be another by now.
    feed: { object, shardTypeId, paths: leafPaths([source.externalBase as JsonObject]) },
    externalId,
    deleted: true,
    data: {},
    hash: 'deleted',
    version: undefined,
  };
}

function wasSeenSince(link: LinkDocument, source: ShardSource, sighting: Sighting): boolean {
  if (isRepeat(source.last, sighting)) return false;
  return source.deleted || link.observed.fence >= sighting.fence || source.observed.fence >= sighting.fence;
}
