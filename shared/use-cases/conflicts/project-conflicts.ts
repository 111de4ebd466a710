import { isClosed } from '../../core/conflicts/conflict-states.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import type { Deps } from '../../core/ports.ts';
import { runBounded } from '../../core/run-bounded.ts';
import type { Scope } from '../../core/scope.ts';
import { isWaiting } from '../../core/two-way/held-values.ts';
import { type ConflictNeeds, routesOf } from './conflict-needs.ts';
import { type ConflictPlace, projectConflict } from './project-conflict.ts';

const concurrency = 8;
const listedAtOnce = 500;

/**
 * Brings the conflicts of shards that have changed up to date: those that the shards hold, and those that are still open by their documents. The shards only
 * wake: each conflict reads its own anew.
 */
export async function projectConflicts(
  deps: ConflictNeeds,
  scope: Scope,
  shards: readonly ShardDocument[],
): Promise<void> {
  const places = new Map<string, ConflictPlace>();
  const settled: string[] = [];
  for (const shard of shards) {
    for (const [linkId, { held }] of Object.entries(shard.sources)) {
      if (held === undefined) continue;
      if (isWaiting(held)) places.set(held.conflictId, { id: held.conflictId, at: { shardId: shard.id, linkId } });
      else settled.push(held.conflictId);
    }
  }
  const known = [...(await listUnfinished(deps, scope, shards)), ...(await findUnfinished(deps, scope, settled))];
  for (const id of known) if (!places.has(id)) places.set(id, { id });
  const routes = routesOf(deps, scope);
  await runBounded([...places.values()], concurrency, (place) => projectConflict(deps, scope, place, routes));
}

/** Of these, the ones that are not over or of which the end is untold: what a shard keeps of one that has settled itself is mostly old. */
async function findUnfinished(deps: Pick<Deps, 'conflicts'>, scope: Scope, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const found = await deps.conflicts.getMany(
    scope,
    ids.map((id) => ({ id })),
  );
  return found.flatMap((stored) => {
    if (stored === undefined) return [];
    const { document } = stored;
    return isClosed(document) && document.unannounced !== true ? [] : [document.id];
  });
}

async function listUnfinished(
  deps: Pick<Deps, 'conflicts'>,
  scope: Scope,
  shards: readonly ShardDocument[],
): Promise<string[]> {
  const ids: string[] = [];
  let afterId: string | undefined;
  for (;;) {
    const listed = await deps.conflicts.list(scope, {
      filters: [
        { field: 'shardId', is: 'one-of', values: shards.map(({ id }) => id) },
        { field: 'state', is: 'one-of', values: ['open', 'resolving', 'undoing'] },
      ],
      order: 'ascending',
      limit: listedAtOnce,
      afterId,
    });
    ids.push(...listed.map(({ document }) => document.id));
    afterId = listed.at(-1)?.document.id;
    if (listed.length < listedAtOnce) return ids;
  }
}
