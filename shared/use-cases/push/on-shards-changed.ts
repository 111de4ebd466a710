import { sameValue } from '../../core/canonical.ts';
import { type ShardDocument, shardDocument } from '../../core/documents/shard.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { markPushes } from '../../core/two-way/push-routes.ts';
import type { ConflictNeeds } from '../conflicts/conflict-needs.ts';
import { projectConflicts } from '../conflicts/project-conflicts.ts';
import { loadPushRoutes, type RouteNeeds } from '../load-push-routes.ts';
import { type DeliveredChanges, visitChanges } from '../visit-changes.ts';
import { wakeLane } from './lane.ts';
import { remark } from './note-problems.ts';

type Needs = RouteNeeds &
  Pick<Deps, 'shards' | 'journal' | 'due' | 'pushQueue' | 'poison' | 'log' | 'newId' | 'now' | 'engine'>;

/** What the change feed of `shards` delivered: what shards lack somewhere is pushed there, and what they hold for people becomes conflicts. */
export async function onShardsChanged(deps: Needs & ConflictNeeds, changes: DeliveredChanges): Promise<void> {
  await visitChanges(deps, { name: 'on-shards-changed', schema: shardDocument }, changes, async (scope, shards) => {
    await wakeLanes(deps, scope, shards);
    await projectConflicts(deps, scope, shards);
  });
}

/**
 * Wakes the lanes of integrations that lack something of shards that changed. Whoever wrote them may have known other routes than there are now: then
 * they are marked anew, which comes here again. Repeating it does no harm.
 */
export async function wakeLanes(
  deps: Omit<Needs, 'poison' | 'log'>,
  scope: Scope,
  shards: readonly ShardDocument[],
): Promise<void> {
  const routes = await loadPushRoutes(deps, scope);
  const wrong = shards.filter((shard) => !sameValue(markPushes(shard, routes).push ?? {}, shard.push ?? {}));
  if (wrong.length > 0) {
    await remark(
      { deps, scope, routes },
      wrong.map(({ id }) => id),
    );
  }
  const lacking = shards.flatMap(({ push = {} }) => Object.keys(push).filter((id) => push[id] === 'pending'));
  for (const integrationId of new Set(lacking)) await wakeLane(deps, scope, integrationId);
}
