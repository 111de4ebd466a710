import { describe, expect, it } from 'vitest';
import { mergeShards } from '../../../../../shared/use-cases/merge-shards/merge-shards.ts';
import { ana, forgetful, PushWorld } from '../../../../kit/push-world.ts';

describe('a record that was taken for what a create has made', () => {
  it('is no reason to leave the record of another create alone, whose shard was merged with its', async () => {
    const world = await PushWorld.inStep({ ...forgetful, findsCreated: true });
    const first = world.a.create({ ...ana, name: 'First' });
    const second = world.a.create({ ...ana, name: 'Second' });
    world.b.nextFaults.push({ fault: 'unknown-done' }, { fault: 'unknown-done' });
    let isMerged = false;
    world.deps.faults.onOperation = async () => {
      if (isMerged || world.b.live().length < 2) return;
      isMerged = true;
      // Of the two records that were made, one is seen before the answer.
      const [, hidden] = world.b.live();
      if (hidden !== undefined) world.b.records.delete(hidden.id);
      await world.sync(1, true);
      await world.deliver('sync', false);
      if (hidden !== undefined) world.b.records.set(hidden.id, hidden);
      const [older, newer] = [world.shardOf(first).id, world.shardOf(second).id];
      await mergeShards(world.deps, world.scope, { shardIds: [older, newer], trigger: 'person' });
    };
    await world.read(0);
    await world.settle();
    expect(isMerged).toBe(true);
    expect(world.shards()).toHaveLength(1);
    expect([world.a.live().length, world.b.live().length]).toEqual([2, 2]);
  });
});
