import { sameValue } from '../../../shared/core/canonical.ts';
import { definedOnly } from '../../../shared/core/defined-only.ts';
import { readPath } from '../../../shared/core/field-path.ts';
import type { Json } from '../../../shared/core/json.ts';
import { isWaiting } from '../../../shared/core/two-way/held-values.ts';
import { theirsAt } from './faults-of-decisions.ts';
import type { TwoWayWorld } from './world.ts';

/**
 * What shards hold for people is what people are shown, each once; and nothing is on its way to be decided any more.
 *
 * @param isDecided nothing may wait any more
 */
export function findFaultsOfConflicts(world: TwoWayWorld, isDecided: boolean): string[] {
  const held = world
    .shards()
    .flatMap((shard) =>
      Object.values(shard.sources).flatMap((source) =>
        source.held !== undefined && isWaiting(source.held)
          ? [{ shardId: shard.id, shard, source, held: source.held }]
          : [],
      ),
    );
  const conflicts = world.deps.conflicts.all();
  const open = conflicts.filter(({ state }) => state === 'open');
  const faults = conflicts
    .filter(({ state, unannounced }) => state === 'resolving' || state === 'undoing' || unannounced === true)
    .map(({ id, state }) => `${id} is still ${state}`);
  for (const { shardId, shard, source, held: each } of held) {
    const shown = open.filter(({ id }) => id === each.conflictId);
    const sides = Object.entries(shown[0]?.fields ?? {}).map(([field, { ours, theirs }]) => [field, ours, theirs]);
    const due = Object.keys(each.fields).map((field) => {
      const [ours, theirs] = [readPath(shard.data, field.split('.')), theirsAt(source, field)];
      return [field, definedOnly({ value: ours }), definedOnly({ value: theirs })];
    });
    const isShown = shown.length === 1 && sameValue(sides.sort() as Json, due.sort() as Json);
    if (!isShown) faults.push(`${shardId} holds ${each.conflictId}, which is not shown as it is`);
    if (isDecided) faults.push(`${shardId} still holds ${each.conflictId}, which was decided`);
  }
  for (const { id } of open) {
    if (!held.some(({ held: each }) => each.conflictId === id)) faults.push(`${id} is shown, and nobody holds it`);
  }
  return faults;
}
