import { describe, expect, it } from 'vitest';
import { workPushLane } from '../../../../../shared/use-cases/push/work-push-lane.ts';
import { ana, PushWorld } from '../../../../kit/push-world.ts';
import { integrationOf } from '../../../../kit/two-way/set-up.ts';

/** Does something once, right after a system has taken a write and before anybody knows. */
function afterWrite(world: PushWorld, act: () => Promise<void>): { isDone: boolean } {
  const state = { isDone: false };
  const before = world.b.writes.length;
  world.deps.faults.onOperation = async () => {
    if (state.isDone || world.b.writes.length === before) return;
    state.isDone = true;
    await act();
  };
  return state;
}

const plain = { versioned: false, optimistic: false };

describe('a write that is under way', () => {
  it.each([{}, plain])(
    'is no edit of theirs when a pull sees it: what has come meanwhile goes there (%j)',
    async (traits) => {
      const world = await PushWorld.inStep(traits);
      const record = world.a.create(ana);
      await world.read(0);
      for (const index of [0, 1]) await world.changeTask(index, { conflicts: externalWins });
      await world.edit(world.shardOf(record).id, { name: 'First' });
      const state = afterWrite(world, async () => {
        await world.edit(world.shardOf(record).id, { name: 'Second' });
        await world.sync(1, true);
        await world.deliver('sync', false);
      });
      await world.feed(false);
      await world.settle();
      expect(state.isDone).toBe(true);
      expect(world.shardOf(record).data['name']).toBe('Second');
      expect([...world.a.live(), ...world.b.live()].map(({ fields }) => fields['name'])).toEqual(['Second', 'Second']);
    },
  );

  it('leaves what else has changed there to be taken', async () => {
    const world = await PushWorld.inStep(plain);
    const record = world.a.create(ana);
    await world.read(0);
    await world.edit(world.shardOf(record).id, { name: 'Ours' });
    const state = afterWrite(world, async () => {
      const [there] = world.b.live();
      if (there !== undefined) world.b.edit(there, 'phone', '040 999 999');
      await world.sync(1, true);
      await world.deliver('sync', false);
    });
    await world.feed(false);
    await world.settle();
    expect(state.isDone).toBe(true);
    expect(world.shardOf(record).data).toMatchObject({ name: 'Ours', phone: '040 999 999' });
    expect(world.deps.conflicts.all()).toEqual([]);
  });

  it('is no deletion of theirs: a shard that has come to life again meanwhile stays, and its record is made anew', async () => {
    const world = await PushWorld.inStep();
    const record = world.a.create(ana);
    await world.read(0);
    world.a.mark(record, true);
    const state = afterWrite(world, async () => {
      world.a.mark(record, false);
      await world.sync(0, true);
      await world.deliver('sync', false);
      await world.sync(1, true);
      await world.deliver('sync', false);
    });
    await world.read(0);
    await world.settle();
    expect(state.isDone).toBe(true);
    expect(world.shardOf(record).status).toBe('active');
    expect([world.a.live().length, world.b.live().length]).toEqual([1, 1]);
  });
});

describe('an answer that says nothing but that it was written', () => {
  it('says nothing of what was not: whoever has the lane by now may have written that', async () => {
    const world = await PushWorld.inStep({ ...plain, fetches: false, tells: false });
    const record = world.a.create(ana);
    await world.read(0);
    const { id } = world.shardOf(record);
    await world.edit(id, { name: 'Anna' });
    const message = {
      kind: 'push-changes' as const,
      tenantId: 'acme',
      traceparent: world.scope.traceparent,
      messageId: world.deps.newId('message'),
      integrationId: integrationOf(1),
    };
    let [looks, seen]: [number, unknown] = [0, undefined];
    world.deps.faults.onOperation = async ({ port, verb }) => {
      if (port !== 'links' || verb !== 'getMany' || world.b.live()[0]?.fields['name'] !== 'Anna') return;
      looks += 1;
      if (looks !== 2) return;
      // What came of the write is about to be given to the shard: its message comes once more, and somebody else goes on.
      await world.edit(id, { phone: '040 999 999' });
      await workPushLane(world.deps, message);
      seen = world.b.live()[0]?.fields['phone'];
    };
    await workPushLane(world.deps, message);
    expect(seen).toBe('040 999 999');
    expect(world.shard(id).data).toMatchObject({ name: 'Anna', phone: '040 999 999' });
    await world.settle();
    expect(world.b.live()[0]?.fields).toMatchObject({ name: 'Anna', phone: '040 999 999' });
  });
});

describe('a record that has to be read before it is written', () => {
  it('is read after the writes before it, whatever the clock of the host that made these', async () => {
    const world = await PushWorld.inStep(plain);
    const record = world.a.create(ana);
    const { deps } = world;
    const now = deps.now;
    // The host that creates the record is ahead.
    Object.assign(deps, { now: () => new Date(now().getTime() + 40_000) });
    await world.read(0);
    Object.assign(deps, { now });
    const [there] = world.b.live();
    if (there === undefined) throw new Error('Nothing was created');
    world.b.edit(there, 'phone', '040 999 999');
    await world.edit(world.shardOf(record).id, { phone: '040 000 000' });
    await world.feed(false);
    await world.settle();
    expect(world.b.writes.flatMap(({ overwritten }) => overwritten)).toEqual([]);
    expect(there.fields['phone']).toBe('040 999 999');
    expect(deps.conflicts.all()).toMatchObject([{ state: 'open', fields: { phone: {} } }]);
  });

  it.each([{}, plain])(
    'and cannot be converted is not written over, and not tried again and again (%j)',
    async (traits) => {
      const world = await PushWorld.inStep(traits);
      const record = world.a.create(ana);
      await world.read(0);
      const [there] = world.b.live();
      if (there === undefined) throw new Error('Nothing was created');
      // The shard type wants a list.
      world.b.edit(there, 'emails', 'no list');
      const id = world.shardOf(record).id;
      await world.edit(id, { name: 'Ours' });
      await world.feed(false);
      await world.rest();
      expect(there.fields).toMatchObject({ name: 'Ana', emails: 'no list' });
      const [problem] = Object.values(world.shard(id).pushProblems ?? {});
      expect(problem).toMatchObject({
        state: 'failed',
        reason: expect.stringMatching(/could not be read.*emails|emails/),
      });
      world.b.edit(there, 'emails', ['ana@x.org']);
      await world.read(1, true);
      await world.settle();
      expect(there.fields).toMatchObject({ name: 'Ours', emails: ['ana@x.org'] });
      expect(world.shard(id).data).toMatchObject({ name: 'Ours', emails: ['ana@x.org'] });
    },
  );

  it('and cannot be taken as it is shown is not written over, but once it was read', async () => {
    const world = await PushWorld.inStep(plain);
    const record = world.a.create(ana);
    await world.read(0);
    const [there] = world.b.live();
    if (there === undefined) throw new Error('Nothing was created');
    for (const index of [0, 1]) await world.changeTask(index, { conflicts: internalWins });
    world.b.edit(there, 'name', 'Theirs');
    there.isUnreadable = true;
    await world.edit(world.shardOf(record).id, { name: 'Ours' });
    await world.feed(false);
    await world.rest();
    expect(there.fields['name']).toBe('Theirs');
    expect(world.problemAt(world.shardOf(record), 1)).toBe('failed');
    there.isUnreadable = false;
    await world.read(1, true);
    expect(there.fields['name']).toBe('Ours');
    expect(world.b.writes.flatMap(({ overwritten }) => overwritten)).toEqual([]);
    expect(world.problemAt(world.shardOf(record), 1)).toBeUndefined();
  });
});

const externalWins = {
  policy: 'external_wins' as const,
  fields: {},
  remindAfterMinutes: 1440,
  onDeadline: 'internal_wins' as const,
};

const internalWins = { ...externalWins, policy: 'internal_wins' as const };
