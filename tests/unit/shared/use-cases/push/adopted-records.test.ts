import { describe, expect, it } from 'vitest';
import { ana, forgetful, PushWorld } from '../../../../kit/push-world.ts';

describe('a record that was taken for somebody new, and was created for a shard that is deleted', () => {
  it('lives with that one again, and what was deleted with it is made anew', async () => {
    const world = await PushWorld.inStep({ ...forgetful, findsCreated: true });
    const record = world.a.create(ana);
    world.b.nextFaults.push({ fault: 'unknown-done' });
    let isDone = false;
    world.deps.faults.onOperation = async () => {
      const [made] = world.b.live();
      if (isDone || made === undefined) return;
      isDone = true;
      // Edited, it no longer shows what was sent.
      world.b.edit(made, 'name', 'Anna');
      world.a.mark(record, true);
      for (const system of [1, 0]) {
        await world.sync(system, false);
        await world.deliver('sync', false);
      }
    };
    await world.read(0);
    await world.settle();
    expect(isDone).toBe(true);
    expect(world.shards()).toMatchObject([{ status: 'active', data: { name: 'Anna' } }]);
    expect([...world.a.live(), ...world.b.live()].map(({ fields }) => fields['name'])).toEqual(['Anna', 'Anna']);
  });
});
