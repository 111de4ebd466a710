import { describe, expect, it } from 'vitest';
import { conflict as contract } from '../../../../../shared/contracts/conflicts.ts';
import { isClosed } from '../../../../../shared/core/conflicts/conflict-states.ts';
import { describeConflict } from '../../../../../shared/core/conflicts/describe-conflict.ts';
import { deleteShardHere } from '../../../../../shared/core/edit-shard.ts';
import { mergeShards } from '../../../../../shared/use-cases/merge-shards/merge-shards.ts';
import { ConflictWorld } from '../../../../kit/conflict-world.ts';
import { survive } from '../../../../kit/sync-harness.ts';
import { at } from '../../../../kit/two-way-look.ts';

describe('a conflict that a person settles by editing the record here', () => {
  it('is over when ours has become theirs', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    await world.change((shard) => shard.edit(30, { name: ' Cene' }));
    await world.project();
    expect(world.read(id).state).toBe('settled');
    expect(world.shard().push).toBeUndefined();
  });

  it('is over when the record that is gone there was deleted here as well', async () => {
    const world = await ConflictWorld.create();
    const id = await world.deletion('there');
    await world.change((shard) => {
      const cause = { kind: 'person' as const, id: 'req_1', actorId: 'ana', at: at(40) };
      shard.shard = deleteShardHere(shard.get(), cause, shard.routes);
    });
    await world.project();
    expect(world.read(id).state).toBe('settled');
  });
});

describe('a conflict that outlives what it came from', () => {
  it('goes by the task that pushes there now, and is a rule of that one', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    const { tasks } = world.deps;
    const old = await tasks.get(world.scope, { id: world.taskId });
    if (old === undefined) throw new Error('There is no task');
    const taskId = world.deps.newId('task');
    await tasks.remove(world.scope, { id: world.taskId });
    await tasks.write(world.scope, { kind: 'create', document: { ...old.document, id: taskId } });
    await world.project();
    expect(world.read(id).taskId).toBe(taskId);
    await world.resolve(id, { fields: [{ field: 'name', take: 'theirs' }], rule: true });
    expect((await tasks.get(world.scope, { id: taskId }))?.document.conflicts.fields).toEqual({
      name: 'external_wins',
    });
  });

  it('is over when its record was merged with another, and both sides are the same then', async () => {
    const world = await ConflictWorld.create();
    const ids = [await world.conflict({ externalId: 'p1' }), await world.conflict({ externalId: 'p2' })];
    await mergeShards(world.deps, world.scope, {
      shardIds: [world.shard('p1').id, world.shard('p2').id],
      trigger: 'person',
      strategy: 'prefer_external',
    });
    await world.project();
    expect(world.shard('p2').data['name']).toBe('Cene');
    expect(ids.map((id) => world.read(id).state)).toEqual(['settled', 'settled']);
  });
});

describe('what a shard holds', () => {
  it('becomes a conflict with both sides, what they came from, and a proposal', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict({
      base: { name: 'Ana', tags: ['x'] },
      ours: { name: 'Bor', tags: ['x', 'y'] },
      theirs: { name: 'Cene', tags: ['x', 'z'] },
    });
    const shown = contract.parse(describeConflict(world.read(id)));
    expect(shown).toMatchObject({
      state: 'open',
      kind: 'fields',
      integrationId: world.integrationId,
      taskId: world.taskId,
      object: 'people',
      externalId: 'p1',
      shardId: world.shard().id,
      since: at(20),
    });
    const [name, tags] = shown.fields;
    expect(name).toMatchObject({
      field: 'name',
      base: { value: 'Ana' },
      ours: { value: 'Bor' },
      theirs: { value: 'Cene' },
      proposed: { take: 'theirs', value: 'Cene', by: 'newest' },
      provenance: {
        ours: { from: 'write', id: 'ada', at: at(10) },
        theirs: { integrationId: world.integrationId, modifiedAt: at(20) },
      },
    });
    expect(tags).toMatchObject({ proposed: { take: 'value', value: ['x', 'y', 'z'], by: 'merge' } });
    expect(world.eventsOf('conflict.detected')).toMatchObject([{ at: at(20), data: { fields: ['name', 'tags'] } }]);
    expect(world.deps.orchestrations.isRunning(id)).toBe(true);
  });

  it('is noted once, however often the shard is delivered', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    const before = world.read(id);
    const { steps } = world.deps.faults;
    await world.project();
    await Promise.all([world.project(), world.project()]);
    expect(world.deps.faults.steps).toBe(steps);
    expect(world.read(id)).toEqual(before);
  });

  it('is noted by one of many who see it at once', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict({}, false);
    await Promise.all([world.project(), world.project(), world.project()]);
    expect(world.deps.conflicts.all().map((each) => each.id)).toEqual([id]);
    expect(world.eventsOf('conflict.detected')).toHaveLength(1);
  });

  it('is kept up to date while either side goes on', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    const { version } = world.read(id);
    await world.change((shard, look) => shard.see(look({ name: 'Darja', email: 'x' })));
    await world.project();
    expect(world.read(id).fields['name']).toMatchObject({ theirs: { value: 'Darja' }, internalBase: { value: 'Ana' } });
    expect(world.read(id).version).not.toBe(version);
  });

  it('is settled when both sides come to the same, and another conflict is another one', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    await world.change((shard, look) => shard.see(look({ name: 'Bor' })));
    await world.project();
    expect(world.read(id)).toMatchObject({ state: 'settled' });
    expect(world.eventsOf('conflict.resolved')).toMatchObject([{ data: { state: 'settled' } }]);
    await world.pass(1);
    expect(world.deps.orchestrations.isRunning(id)).toBe(false);
    expect(world.deps.due.all()).toEqual([]);
    await world.change((shard, look) => shard.edit(100, { name: 'Ema' }).see(look({ name: 'Fran' })));
    await world.project();
    expect(
      world.deps.conflicts
        .all()
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['open', 'settled']);
  });

  it('is settled also when the feed shows only the conflict that came after it', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    await world.change((shard, look) => shard.see(look({ name: 'Bor' })));
    world.deps.clock.advance(10_000);
    await world.change((shard, look) => shard.edit(100, { name: 'Ema' }).see(look({ name: 'Fran' })));
    await world.project();
    expect(world.read(id).state).toBe('settled');
    expect(world.deps.conflicts.all().filter(({ state }) => state === 'open')).toHaveLength(1);
  });

  it('of an older version of the shard changes nothing that a newer one has said', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    const older = world.shard();
    await world.change((shard, look) => shard.see(look({ name: 'Bor' })));
    await world.project();
    const settled = world.read(id);
    await world.project(older);
    expect(world.read(id)).toEqual(settled);
  });

  it('goes on at the shard that its own was merged into', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    const loser = world.shard();
    const survivor = { ...loser, id: world.deps.newId('shard') };
    const stored = await world.deps.shards.get(world.scope, { id: loser.id });
    const tomb = { ...loser, status: 'merged' as const, data: {}, sources: {}, mergedInto: survivor.id };
    await world.deps.shards.write(world.scope, { kind: 'create', document: survivor });
    await world.deps.shards.write(world.scope, { kind: 'replace', document: tomb, etag: stored?.etag ?? '' });
    await world.project(tomb);
    expect(world.read(id)).toMatchObject({ state: 'open', shardId: survivor.id });
    await world.resolve(id, { fields: [{ field: 'name', take: 'theirs' }] });
    expect(world.shard().data['name']).toBe('Cene');
  });

  it('keeps no value that is too large for it, and is decided all the same', async () => {
    const world = await ConflictWorld.create();
    const large = 'x'.repeat(100_000);
    const id = await world.conflict({ ours: { name: `${large}1` }, theirs: { name: `${large}2` } });
    const [name] = contract.parse(describeConflict(world.read(id))).fields;
    expect(name).toMatchObject({ ours: { tooLargeBytes: 100_003 }, theirs: { tooLargeBytes: 100_003 } });
    await world.resolve(id, { fields: [{ field: 'name', take: 'theirs' }] });
    expect(world.shard().data['name']).toBe(`${large}2`);
    await expect(world.undo(id)).rejects.toMatchObject({ code: 'cannot-undo', errors: [{ field: 'name' }] });
  });
});

describe('a crash', () => {
  it.each(['before', 'after'] as const)(
    'at any step (%s it took) leaves the next delivery to do the rest',
    async (moment) => {
      const count = await steps();
      expect(count).toBeGreaterThan(4);
      for (let step = 1; step <= count; step += 1) {
        const world = await ConflictWorld.create();
        const id = await world.conflict({}, false);
        world.deps.faults.crashAt(step, moment);
        await survive(world.deps, () => world.project());
        await world.project();
        expect(world.read(id), `step ${step}`).toMatchObject({ state: 'open' });
        expect(world.read(id).unannounced).toBeUndefined();
        expect(world.eventsOf('conflict.detected')).toHaveLength(1);
        expect(world.deps.orchestrations.isRunning(id)).toBe(true);
        await world.change((shard, look) => shard.see(look({ name: 'Bor' })));
        world.deps.faults.crashAt(Math.max(1, step - 2), moment);
        await survive(world.deps, () => world.project());
        world.deps.faults.restart();
        await world.project();
        expect(isClosed(world.read(id)), `step ${step}`).toBe(true);
        expect(world.eventsOf('conflict.resolved')).toHaveLength(1);
        await world.pass(1);
        expect(world.deps.due.all(), `step ${step}`).toEqual([]);
      }
    },
  );

  async function steps(): Promise<number> {
    const world = await ConflictWorld.create();
    await world.conflict({}, false);
    const before = world.deps.faults.steps;
    await world.project();
    return world.deps.faults.steps - before;
  }
});
