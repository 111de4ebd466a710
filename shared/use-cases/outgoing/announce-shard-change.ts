import { type ShardDocument, shardDocument } from '../../core/documents/shard.ts';
import type { SubscriptionDocument } from '../../core/documents/subscription.ts';
import { isWanted } from '../../core/outgoing/match-event.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { eventOf, type Occurrence, recordEvents } from '../record-event.ts';
import { type DeliveredChanges, visitChanges } from '../visit-changes.ts';
import { allSubscriptions } from './find-subscription.ts';

type Needs = Pick<Deps, 'subscriptions' | 'events' | 'poison' | 'now' | 'log'>;

/** Events are kept for 30 days: before that, one that was told is found there and not told again. */
const retellableMs = 29 * 86_400_000;

/** What the change feed of `shards` delivered, told as events. */
export async function announceShardChanges(deps: Needs, changes: DeliveredChanges): Promise<void> {
  await visitChanges(deps, { name: 'announce-shard-changes', schema: shardDocument }, changes, (scope, shards) =>
    announceShardChange(deps, scope, shards),
  );
}

/**
 * Tells of shards that came to be or changed, as far as anybody wants to know: a backfill that nobody listens to writes nothing. The event of a
 * revision has one id, however often and by whichever change the feed shows it.
 */
export async function announceShardChange(
  deps: Pick<Deps, 'subscriptions' | 'events' | 'now'>,
  scope: Scope,
  shards: readonly ShardDocument[],
): Promise<void> {
  const listening = await allSubscriptions(deps, scope);
  const told = shards.flatMap((shard) => occurrencesOf(shard, deps.now()));
  await recordEvents(
    deps,
    scope,
    told.filter((occurrence) => isWantedByAny(listening, scope, occurrence)),
  );
}

function isWantedByAny(listening: readonly SubscriptionDocument[], scope: Scope, occurrence: Occurrence): boolean {
  return listening.some((subscription) => isWanted(subscription, eventOf(scope, occurrence)));
}

/** The feed shows the latest version only: a young shard may have changed before anybody saw it come to be, so that is told with its changes. */
function occurrencesOf(shard: ShardDocument, now: Date): Occurrence[] {
  const { id: subject, shardTypeId, revision, status, mergedInto, sources, createdAt, cause } = shard;
  const integrationIds = [...new Set(Object.values(sources).map(({ integrationId }) => integrationId))].sort();
  const data = { shardId: subject, shardTypeId, integrationIds };
  const occurrences: Occurrence[] = [];
  if (isRetellable(createdAt, now)) {
    const first = { ...data, revision: 1 };
    occurrences.push({ type: 'shard.created', subject, at: createdAt, identity: 'created', data: first });
  }
  // When it became this revision. Before causes were kept nobody knows, and nobody waits for it.
  const at = cause?.at ?? createdAt;
  if (revision > 1 && isRetellable(at, now)) {
    occurrences.push({
      type: 'shard.updated',
      subject,
      at,
      identity: String(revision),
      data: { ...data, revision, status, ...(mergedInto === undefined ? {} : { mergedInto }) },
    });
  }
  return occurrences;
}

function isRetellable(at: string, now: Date): boolean {
  return now.getTime() - Date.parse(at) < retellableMs;
}
