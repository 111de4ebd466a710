import { describe, expect, it } from 'vitest';
import { judgeShard } from '../../../../../shared/core/rollback/judge-shard.ts';
import { mergeShards } from '../../../../../shared/use-cases/merge-shards/merge-shards.ts';
import { ana, forgetful, PushWorld } from '../../../../kit/push-world.ts';
import { Deeds } from '../../../../kit/two-way/deeds.ts';
import { MadeRecords } from '../../../../kit/two-way/made-records.ts';
import { People } from '../../../../kit/two-way/people.ts';
import { integrationOf } from '../../../../kit/two-way/set-up.ts';

describe('a create of which nobody knows whether it happened', () => {
  it('is held, and not sent again by itself', async () => {
    const world = await PushWorld.inStep(forgetful);
    const id = await world.doubt();
    expect(world.problemAt(world.shard(id), 1)).toBe('held');
    await world.edit(id, { name: 'Anna' });
    await world.rest();
    expect(world.b.live()).toHaveLength(1);
  });

  it('is held also where the shard is changed while that is noted', async () => {
    const world = await PushWorld.inStep(forgetful);
    let isEdited = false;
    world.deps.faults.onOperation = async ({ port, verb, count }) => {
      const isNoted = port === 'shards' && verb === 'writeMany' && count > 0 && world.b.live().length > 0;
      if (isEdited || !isNoted) return;
      isEdited = true;
      const [shard] = world.shards();
      await world.edit(shard?.id ?? '', { name: 'Anna' });
    };
    const id = await world.doubt();
    expect(isEdited).toBe(true);
    expect(world.problemAt(world.shard(id), 1)).toBe('held');
    expect(world.b.live()).toHaveLength(1);
  });

  it('is held with the shard that the other one was merged into', async () => {
    const world = await PushWorld.inStep(forgetful);
    world.b.nextFaults.push({ fault: 'rejected' });
    const older = world.a.create({ name: 'Older', email: 'older@x.org' });
    await world.read(0);
    const newer = await world.doubt();
    await mergeShards(world.deps, world.scope, { shardIds: [world.shardOf(older).id, newer], trigger: 'person' });
    await world.rest();
    const survivor = world.shardOf(older);
    expect(world.problemAt(survivor, 1)).toBe('held');
    expect(world.b.live()).toHaveLength(1);
  });

  it('is held where its shard was merged before that is noted', async () => {
    const world = await PushWorld.inStep(forgetful);
    world.b.nextFaults.push({ fault: 'rejected' });
    const older = world.a.create({ name: 'Older', email: 'older@x.org' });
    await world.read(0);
    let isMerged = false;
    world.deps.faults.onOperation = async ({ port, verb }) => {
      const made = world.shards().find(({ data }) => data['name'] === 'Ana');
      if (isMerged || made === undefined || world.b.live().length === 0 || port !== 'pushLanes' || verb !== 'replace')
        return;
      isMerged = true;
      await mergeShards(world.deps, world.scope, { shardIds: [world.shardOf(older).id, made.id], trigger: 'person' });
    };
    world.a.create({ name: 'Ana', email: 'ana@x.org' });
    world.b.nextFaults.push({ fault: 'unknown-done' });
    await world.read(0);
    expect(isMerged).toBe(true);
    expect(world.problemAt(world.shardOf(older), 1)).toBe('held');
    expect(world.b.live()).toHaveLength(1);
  });

  it('is held where its task stops pushing before that is known, and begins again', async () => {
    const world = await PushWorld.inStep(forgetful);
    const record = world.a.create({ name: 'Ana', email: 'ana@x.org' });
    world.b.nextFaults.push({ fault: 'unknown-done' });
    let isStopped = false;
    world.deps.faults.onOperation = async ({ port, verb }) => {
      if (isStopped || world.b.live().length === 0 || port !== 'pushLanes' || verb !== 'replace') return;
      isStopped = true;
      await world.changeTask(1, { enabled: false });
    };
    await world.read(0);
    expect(isStopped).toBe(true);
    await world.changeTask(1, { enabled: true });
    await world.feed(false);
    await world.rest();
    expect(world.problemAt(world.shardOf(record), 1)).toBe('held');
    expect(world.b.live()).toHaveLength(1);
  });

  it('is shown to people also of a shard that was deleted meanwhile', async () => {
    const world = await PushWorld.inStep(forgetful);
    const id = await world.doubt();
    const [record] = world.a.live();
    if (record !== undefined) world.a.mark(record, true);
    await world.read(0);
    expect(world.shard(id)).toMatchObject({ status: 'deleted', push: { [integrationOf(1)]: 'held' } });
  });
});

describe('a person who says which record a held create made', () => {
  it('loses nothing that was edited here since', async () => {
    const world = await PushWorld.inStep(forgetful);
    const id = await world.doubt();
    await world.edit(id, { phone: '040 999 999' });
    const [record] = world.b.live();
    await world.retry(id, record?.id);
    expect(world.shard(id).data['phone']).toBe('040 999 999');
    expect(world.b.live().map(({ fields }) => fields['phone'])).toEqual(['040 999 999']);
  });

  it('has what was edited there since', async () => {
    const world = await PushWorld.inStep(forgetful);
    const id = await world.doubt();
    const [record] = world.b.live();
    if (record === undefined) throw new Error('Nobody was created');
    world.b.edit(record, 'phone', '040 555 555');
    await world.retry(id, record.id);
    expect(world.shard(id).data['phone']).toBe('040 555 555');
  });

  it('makes one shard of two where the record was taken for somebody new', async () => {
    const world = await PushWorld.inStep(forgetful);
    const id = await world.doubt();
    const [record] = world.b.live();
    if (record === undefined) throw new Error('Nobody was created');
    await world.changeTask(0, { creates: false });
    world.b.edit(record, 'name', 'Ana Novak');
    await world.read(1);
    expect(world.shards()).toHaveLength(2);
    await world.retry(id, record.id);
    expect(world.shards()).toHaveLength(1);
    expect(world.shard(id).data['name']).toBe('Ana Novak');
    await world.settle();
    expect([world.a.live().length, world.b.live().length]).toEqual([1, 1]);
  });
});

describe('a record that a create in doubt has made', () => {
  it('is known by its values, and makes no second shard', async () => {
    const world = await PushWorld.inStep(forgetful);
    const id = await world.doubt();
    await world.read(1);
    const [record] = world.b.live();
    expect(world.shards()).toHaveLength(1);
    expect(world.sourcesAt(world.shard(id), 1)).toMatchObject([{ externalId: record?.id }]);
    expect(world.problemAt(world.shard(id), 1)).toBeUndefined();
    // It came from here: taking back the run that made the shard takes the shard, as if the create had been answered.
    const shard = world.shard(id);
    expect(judgeShard({ shard, entries: [], complete: true }, shard.createdIn ?? '')).toEqual({ kind: 'delete' });
    await world.settle();
    expect([world.a.writes, world.b.writes.length]).toEqual([[], 1]);
  });

  it('is known as well where the provider writes values its own way, and what was edited since goes there', async () => {
    const world = await PushWorld.inStep({ ...forgetful, rough: true });
    const id = await world.doubt({ name: ' Ana', email: 'Ana@X.org', phone: '040 111 222' });
    await world.edit(id, { name: 'Anna' });
    await world.read(1);
    expect(world.shards()).toHaveLength(1);
    expect(world.shard(id).data).toMatchObject({ name: 'Anna', email: 'Ana@X.org', phone: '040 111 222' });
    expect(world.b.live().map(({ fields }) => fields['name'])).toEqual(['Anna']);
    expect(world.a.live().map(({ fields }) => fields['email'])).toEqual(['Ana@X.org']);
  });

  it('is known before the create is known to be in doubt', async () => {
    const world = await PushWorld.inStep(forgetful);
    const record = world.a.create({ name: 'Ana', email: 'ana@x.org' });
    world.b.nextFaults.push({ fault: 'unknown-done' });
    let isRead = false;
    world.deps.faults.onOperation = async () => {
      if (isRead || world.b.live().length === 0) return;
      isRead = true;
      await world.sync(1, false);
      await world.deliver('sync', false);
    };
    await world.read(0);
    expect(isRead).toBe(true);
    expect(world.shards()).toHaveLength(1);
    expect(world.problemAt(world.shardOf(record), 1)).toBeUndefined();
    await world.settle();
    expect([world.a.live().length, world.b.live().length]).toEqual([1, 1]);
  });

  it('is not deleted by itself where its shard was deleted meanwhile: it may be somebody else who is the same', async () => {
    const world = await PushWorld.inStep(forgetful);
    const id = await world.doubt(undefined, 'unknown-not-done');
    const [record] = world.a.live();
    if (record !== undefined) world.a.mark(record, true);
    await world.read(0);
    world.b.create(ana);
    await world.read(1);
    expect(world.shards()).toMatchObject([{ id, status: 'deleted' }]);
    expect(world.b.live()).toHaveLength(1);
    const [conflict] = world.deps.conflicts.all();
    expect(conflict).toMatchObject({ shardId: id, about: 'deletion', state: 'open' });
    const people = new People(world, new Deeds(() => 0), new MadeRecords(world));
    await people.decide(conflict, { choice: 1, value: 0, rule: false });
    await world.rest();
    expect(world.b.live()).toEqual([]);
  });

  it('nor by an edit there, where edits here win', async () => {
    const world = await PushWorld.inStep(forgetful);
    const id = await world.doubt(undefined, 'unknown-not-done');
    const [record] = world.a.live();
    if (record !== undefined) world.a.mark(record, true);
    await world.read(0);
    const other = world.b.create(ana);
    await world.read(1);
    const [task] = world.deps.tasks.all();
    if (task === undefined) throw new Error('There is no task');
    await world.changeTask(1, { conflicts: { ...task.conflicts, policy: 'internal_wins' } });
    world.b.edit(other, 'phone', '040 999 999');
    await world.read(1);
    expect(world.shards()).toMatchObject([{ id, status: 'deleted' }]);
    expect(world.b.live()).toEqual([other]);
  });

  it('is known by its link where a pull meets it before the answer, and what was edited meanwhile stays', async () => {
    const world = await PushWorld.inStep(forgetful);
    const record = world.a.create(ana);
    let isMet = false;
    world.deps.faults.onOperation = async ({ port, verb }) => {
      const isAnswered = port === 'shards' && verb === 'writeMany' && world.b.live().length > 0;
      if (isMet || !isAnswered) return;
      isMet = true;
      await world.edit(world.shardOf(record).id, { phone: null });
      await world.sync(1, false);
      await world.deliver('sync', false);
    };
    await world.read(0);
    await world.settle();
    expect(isMet).toBe(true);
    expect(world.shards()).toHaveLength(1);
    for (const { fields } of [...world.a.live(), ...world.b.live()]) expect(fields['phone'] ?? null).toBeNull();
  });

  it('keeps the record it was taken to have made where the answer names another one that is the same', async () => {
    const world = await PushWorld.inStep({ ...forgetful, findsCreated: true });
    const record = world.a.create(ana);
    world.b.nextFaults.push({ fault: 'unknown-done' });
    let isRead = false;
    world.deps.faults.onOperation = async () => {
      if (isRead || world.b.live().length === 0) return;
      isRead = true;
      // One of its people makes the same, and it is seen first.
      const [ours] = world.b.live();
      if (ours !== undefined) world.b.records.delete(ours.id);
      world.b.create(ana);
      await world.sync(1, true);
      await world.deliver('sync', false);
      if (ours !== undefined) world.b.records.set(ours.id, ours);
    };
    await world.read(0);
    await world.settle();
    expect(isRead).toBe(true);
    expect(world.b.live()).toHaveLength(2);
    expect(world.shards()).toHaveLength(2);
    for (const shard of world.shards()) expect(world.sourcesAt(shard, 1)).toHaveLength(1);
    expect(world.sourcesAt(world.shardOf(record), 0)).toHaveLength(1);
  });

  it('is held where it is refused when it is sent again: that says nothing of the first time', async () => {
    const world = await PushWorld.inStep();
    const record = world.a.create(ana);
    world.b.nextFaults.push({ fault: 'unknown-done' }, { fault: 'rejected' });
    await world.read(0);
    expect(world.problemAt(world.shardOf(record), 1)).toBe('held');
    await world.read(1);
    expect(world.shards()).toHaveLength(1);
    expect(world.problemAt(world.shardOf(record), 1)).toBeUndefined();
    expect(world.b.live()).toHaveLength(1);
  });

  it('is one of two that are the same only once: the other is somebody else', async () => {
    const world = await PushWorld.inStep(forgetful);
    const id = await world.doubt();
    world.b.create({ name: 'Ana', email: 'ana@x.org', phone: '040 111 222' });
    await world.read(1);
    expect(world.shards()).toHaveLength(2);
    expect(world.sourcesAt(world.shard(id), 1)).toHaveLength(1);
  });

  it('is not somebody who differs in anything that was sent', async () => {
    const world = await PushWorld.inStep(forgetful);
    const id = await world.doubt(undefined, 'unknown-not-done');
    world.b.create({ name: 'Ana', email: 'ana@x.org' });
    await world.read(1);
    expect(world.shards()).toHaveLength(2);
    expect(world.problemAt(world.shard(id), 1)).toBe('held');
  });
});
