import { describe, expect, it } from 'vitest';
import { ana, PushWorld } from '../../../../kit/push-world.ts';
import { Deeds } from '../../../../kit/two-way/deeds.ts';
import { MadeRecords } from '../../../../kit/two-way/made-records.ts';
import { People } from '../../../../kit/two-way/people.ts';

describe('a decision to delete that is taken back', () => {
  it('has another record that is gone wait as well, as it did until the shard was deleted', async () => {
    const world = await PushWorld.inStep({}, {});
    const record = world.a.create(ana);
    await world.read(0);
    const { id } = world.shardOf(record);
    const people = new People(world, new Deeds(() => 0), new MadeRecords(world));
    await world.edit(id, { name: 'Anna' });
    for (const system of [world.a, world.b]) for (const each of system.live()) system.mark(each, true);
    for (const index of [0, 1]) {
      await world.sync(index, true);
      await world.deliver('sync', false);
    }
    await world.feed(false);
    const open = () => world.deps.conflicts.all().filter(({ state }) => state === 'open');
    expect(open().map(({ about }) => about)).toEqual(['deletion', 'deletion']);
    const [first] = open();
    await people.decide(first, { choice: 1, value: 0, rule: false });
    expect(world.shard(id).status).toBe('deleted');
    await people.undo(world.deps.conflicts.all().find((each) => each.id === first?.id));
    await world.feed(false);
    expect(world.shard(id).status).toBe('active');
    expect(open()).toHaveLength(2);
    for (const conflict of open()) await people.decide(conflict, { choice: 0, value: 0, rule: false });
    await world.settle();
    const all = [world.a, world.b, world.system(2)].flatMap((system) => system.live());
    expect(all.map(({ fields }) => fields['name'])).toEqual(['Anna', 'Anna', 'Anna']);
  });

  it('has an edit of another system, which waited because the shard was deleted, wait as an edit', async () => {
    const world = await PushWorld.inStep();
    const record = world.a.create(ana);
    await world.read(0);
    const { id } = world.shardOf(record);
    const people = new People(world, new Deeds(() => 0), new MadeRecords(world));
    await world.edit(id, { name: 'Anna' });
    world.a.mark(record, true);
    await world.sync(0, true);
    await world.deliver('sync', false);
    await world.feed(false);
    const [conflict] = world.deps.conflicts.all();
    await people.decide(conflict, { choice: 1, value: 0, rule: false });
    const [other] = world.b.live();
    if (other === undefined) throw new Error('Nothing was created');
    world.b.edit(other, 'name', 'Ena');
    await world.sync(1, true);
    await world.deliver('sync', false);
    const heldAt = (index: number) => world.sourcesAt(world.shard(id), index)[0]?.held;
    expect(heldAt(1)).toMatchObject({ deletion: 'here' });
    await people.undo(world.deps.conflicts.all().find((each) => each.id === conflict?.id));
    expect(world.shard(id).status).toBe('active');
    expect(heldAt(0)).toMatchObject({ deletion: 'there' });
    expect(heldAt(1)).toMatchObject({ fields: { name: {} } });
    expect(heldAt(1)?.deletion).toBeUndefined();
  });
});
