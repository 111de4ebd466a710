import type { PushDueDocument } from '../../core/documents/due.ts';
import { pushLaneId } from '../../core/documents/push-lane.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { wakeLane } from './lane.ts';

/** Looks whether an integration still lacks something that nobody is writing: its message may have been lost. */
export async function watchLane(
  deps: Pick<Deps, 'pushLanes' | 'shards' | 'due' | 'pushQueue' | 'newId' | 'now' | 'engine'>,
  scope: Scope,
  entry: Stored<PushDueDocument>,
): Promise<void> {
  const { integrationId } = entry.document;
  const lane = (await deps.pushLanes.get(scope, { id: pushLaneId(integrationId) }))?.document;
  const busyUntilMs = Math.max(
    lane?.holder === undefined ? 0 : Date.parse(lane.expiresAt),
    Date.parse(lane?.waitingUntil ?? '') || 0,
  );
  if (busyUntilMs > deps.now().getTime()) {
    await deps.due.reschedule(entry, new Date(busyUntilMs + deps.engine.watchMs).toISOString());
    return;
  }
  if (lane?.batch === undefined && lane?.scan === undefined) {
    const pending = await deps.shards.list(scope, {
      filters: [{ field: `push.${integrationId}`, is: 'equal', value: 'pending' }],
      order: 'ascending',
      limit: 1,
    });
    if (pending.length === 0) return deps.due.remove(entry.document, entry.etag);
  }
  await wakeLane(deps, scope, integrationId);
}
