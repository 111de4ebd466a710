import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../../shared/core/adapter.ts';
import { mergeShards } from '../../../../../shared/use-cases/merge-shards/merge-shards.ts';
import { ana, forgetful, PushWorld } from '../../../../kit/push-world.ts';
import { integrationOf } from '../../../../kit/two-way/set-up.ts';

describe('a record that was taken for what a create has made', () => {
  it('is an answer: the create is not sent again', async () => {
    const world = await PushWorld.inStep();
    const record = world.a.create(ana);
    world.b.nextFaults.push({ fault: 'unknown-done' }, { fault: 'rate-limited' });
    let isRead = false;
    world.deps.faults.onOperation = async ({ port, verb }) => {
      if (isRead || world.b.live().length === 0 || port !== 'pushLanes' || verb !== 'replace') return;
      isRead = true;
      await world.sync(1, false);
      await world.deliver('sync', false);
      // Its key is forgotten.
      for (const each of world.b.records.values()) Object.assign(each, { key: undefined });
    };
    await world.read(0);
    await world.settle();
    expect(isRead).toBe(true);
    expect(world.b.live()).toHaveLength(1);
    expect(world.sourcesAt(world.shardOf(record), 1)).toHaveLength(1);
  });

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

  it('is known also while the shard waits to be written to another object there', async () => {
    const world = await PushWorld.inStep(forgetful);
    await addLeads(world);
    const record = world.a.create(ana);
    world.b.nextFaults.push({ fault: 'unknown-done' });
    await world.sync(0, false);
    await world.deliver('sync', false);
    await world.feed(false);
    while (world.problemAt(world.shardOf(record), 1) === undefined) await world.turn();
    const { push, pushProblems } = world.shardOf(record);
    expect(push).toMatchObject({ [integrationOf(1)]: 'pending' });
    expect(pushProblems).toMatchObject({ [`${integrationOf(1)}:people`]: { state: 'held' } });
    await world.sync(1, true);
    while (await world.deliver('sync', false));
    expect(world.shards()).toHaveLength(1);
    expect(world.sourcesAt(world.shardOf(record), 1)).toHaveLength(1);
  });
});

/** The other system has leads as well, of which there are none, and takes none for the time being. */
async function addLeads(world: PushWorld): Promise<void> {
  const [, adapter] = world.deps.adapters;
  const task = world.deps.tasks.all().find(({ integrationId }) => integrationId === integrationOf(1));
  const [people] = task?.objects ?? [];
  if (adapter?.pull === undefined || adapter.push === undefined || people === undefined)
    throw new Error('There is no system');
  const { objects, pull, push } = adapter;
  Object.assign(adapter, {
    objects: (...args: Parameters<typeof objects>) =>
      objects(...args).flatMap((each) => [each, { ...each, name: 'leads' }]),
    pull: async (...args: Parameters<typeof pull>) => {
      if (args[1].object !== 'leads') return pull(...args);
      return { changes: [], rejected: [], done: true, observedAt: world.deps.now().toISOString() };
    },
    push: async (...args: Parameters<typeof push>) => {
      if (args[1].object !== 'leads') return push(...args);
      throw new AdapterFailure('rate-limited', 'Too many.', { wroteNothing: true, retryAfterMs: 3_600_000 });
    },
  });
  await world.changeTask(1, { objects: [people, { ...people, object: 'leads' }] });
  await world.sync(1, true);
  while (await world.deliver('sync', false));
}
