import { describe, expect, it } from 'vitest';
import { conflictSettings } from '../../../../../shared/contracts/conflict-policy.ts';
import { AdapterFailure } from '../../../../../shared/core/adapter.ts';
import type { PushChangesEnvelope } from '../../../../../shared/core/envelope.ts';
import { workPushLane } from '../../../../../shared/use-cases/push/work-push-lane.ts';
import { ana, forgetful, PushWorld } from '../../../../kit/push-world.ts';
import { findableAfterMs } from '../../../../kit/two-way/fake-system.ts';
import { integrationOf } from '../../../../kit/two-way/set-up.ts';

const messageTo = (world: PushWorld, index: number): PushChangesEnvelope => ({
  kind: 'push-changes',
  tenantId: 'acme',
  traceparent: world.scope.traceparent,
  messageId: world.deps.newId('message'),
  integrationId: integrationOf(index),
});

describe('the lane of an integration', () => {
  it('is lost to whoever is given its message once more, who alone writes', async () => {
    const world = await PushWorld.inStep(forgetful);
    world.a.create(ana);
    await world.sync(0, false);
    await world.deliver('sync', false);
    const message = messageTo(world, 1);
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let writes = 0;
    let isWaiting = false;
    let second: Promise<void> | undefined;
    world.deps.faults.onOperation = async ({ port, verb }) => {
      if (port === 'b' && verb === 'push' && second !== undefined && !isWaiting) {
        isWaiting = true;
        reached.resolve();
        await released.promise;
      }
      if (port !== 'pushLanes' || verb === 'get' || second !== undefined) return;
      writes += 1;
      if (writes < 2) return;
      // Taken, and about to write its batch down: a message that takes long is delivered again.
      second = workPushLane(world.deps, message);
      await reached.promise;
    };
    await workPushLane(world.deps, message);
    world.deps.faults.onOperation = undefined;
    released.resolve();
    await second;
    expect(second).toBeDefined();
    await world.rest();
    expect(world.b.live()).toHaveLength(1);
  });

  it('looks for a create only so long after the provider can have had it', async () => {
    const world = await PushWorld.inStep({ ...forgetful, findsCreated: true });
    const record = world.a.create(ana);
    const [, adapter] = world.deps.adapters;
    const push = adapter?.push;
    if (adapter === undefined || push === undefined) throw new Error('Nothing can be written');
    let sent = 0;
    Object.assign(adapter, {
      push: async (...args: Parameters<typeof push>) => {
        sent += 1;
        if (sent > 1) return push(...args);
        // It hangs, and does what it was told at the very end.
        world.deps.clock.advance(2 * findableAfterMs);
        const [operation] = args[1].operations;
        if (operation?.kind === 'create') world.b.create(operation.record, operation.idempotencyKey);
        return [{ kind: 'unknown' as const, reason: 'It timed out.' }];
      },
    });
    await world.read(0);
    expect(world.b.live()).toHaveLength(1);
    expect(world.sourcesAt(world.shardOf(record), 1)).toHaveLength(1);
  });

  // Whose clock says that an hour is not over yet may be behind that of who sent it.
  it.each([2 * 3_600_000, 3_600_000 - 30_000])(
    'does not send a create again with a key that the provider may have forgotten (after %i ms)',
    async (lateMs) => {
      const world = await PushWorld.inStep();
      const [, adapter] = world.deps.adapters;
      const objects = adapter?.objects;
      if (adapter === undefined || objects === undefined) throw new Error('There is no system');
      Object.assign(adapter, {
        objects: (settings: unknown) =>
          objects(settings).map((object) => ({ ...object, writes: { ...object.writes, keyHoldsMs: 3_600_000 } })),
      });
      const record = world.a.create(ana);
      world.b.nextFaults.push({ fault: 'unknown-done' }, { fault: 'rate-limited' });
      let isLate = false;
      world.deps.faults.onOperation = () => {
        if (isLate || world.b.live().length === 0) return;
        isLate = true;
        world.deps.clock.advance(lateMs);
        for (const each of world.b.records.values()) Object.assign(each, { key: undefined });
      };
      await world.read(0);
      expect(isLate).toBe(true);
      expect(world.b.live()).toHaveLength(1);
      expect(world.problemAt(world.shardOf(record), 1)).toBe('held');
    },
  );

  it('takes nothing for unwritten because an adapter throws', async () => {
    const world = await PushWorld.inStep(forgetful);
    const [, adapter] = world.deps.adapters;
    const push = adapter?.push;
    if (adapter === undefined || push === undefined) throw new Error('Nothing can be written');
    let isBroken = false;
    Object.assign(adapter, {
      push: async (...args: Parameters<typeof push>) => {
        const outcomes = await push(...args);
        if (isBroken) return outcomes;
        isBroken = true;
        throw new AdapterFailure('unavailable', 'The connection broke.');
      },
    });
    const record = world.a.create(ana);
    await world.read(0);
    expect(world.b.live()).toHaveLength(1);
    expect(world.problemAt(world.shardOf(record), 1)).toBe('held');
  });

  it('makes nobody of two people who have the value in common by which a create is looked for', async () => {
    const world = await PushWorld.inStep({ ...forgetful, findsCreated: true });
    const first = world.a.create({ name: 'Ana', email: 'info@x.org' });
    await world.read(0);
    findAlike(world);
    const second = world.a.create({ name: 'Bor', email: 'info@x.org' });
    world.b.nextFaults.push({ fault: 'unknown-not-done' });
    await world.read(0);
    expect(world.shardOf(second).id).not.toBe(world.shardOf(first).id);
    expect(world.problemAt(world.shardOf(second), 1)).toBe('held');
    expect(world.b.live()).toHaveLength(1);
  });

  it.each(['made', 'seen'] as const)(
    'ties nobody to a record that was %s before a create was sent, though it is the same',
    async (how) => {
      const world = await PushWorld.inStep({ ...forgetful, findsCreated: true });
      if (how === 'seen') await world.changeTask(0, { creates: false });
      const first = how === 'made' ? world.a.create(ana) : world.b.create(ana);
      await world.read(how === 'made' ? 0 : 1);
      findAlike(world);
      world.deps.clock.advance(3_600_000);
      const second = world.a.create(ana);
      world.b.nextFaults.push({ fault: 'unknown-not-done' });
      await world.read(0);
      expect(world.shardOf(second).id).not.toBe(world.shardOf(first).id);
      expect(world.problemAt(world.shardOf(second), 1)).toBe('held');
    },
  );

  it('ties a record to the one it was created for, that a pull has taken for somebody new meanwhile', async () => {
    const world = await PushWorld.inStep({ ...forgetful, findsCreated: true });
    findAlike(world);
    await world.changeTask(0, { creates: false });
    const record = world.a.create(ana);
    world.b.nextFaults.push({ fault: 'unknown-done' });
    let step = 0;
    world.deps.faults.onOperation = async ({ verb }) => {
      const [made] = world.b.live();
      if (made === undefined) return;
      if (step === 0) {
        step = 1;
        world.b.edit(made, 'name', 'Anna');
        await world.sync(1, false);
        await world.deliver('sync', false);
        world.b.edit(made, 'name', 'Ana');
      } else if (verb === 'findCreated' && step === 1) {
        step = 2;
        expect(world.shards()).toHaveLength(2);
      }
    };
    await world.read(0);
    expect(step).toBe(2);
    expect(world.shards()).toHaveLength(1);
    expect(world.sourcesAt(world.shardOf(record), 1)).toHaveLength(1);
  });
});

/** Creates are looked for by a value that others may have as well: whoever is there has it. */
function findAlike(world: PushWorld): void {
  const [, adapter] = world.deps.adapters;
  if (adapter === undefined) throw new Error('There is no system');
  Object.assign(adapter, {
    findCreated: async (_call: unknown, { creates }: { creates: readonly unknown[] }) => {
      await world.deps.faults.enter('b', 'findCreated', creates.length);
      return creates.map(() => ({ kind: 'change', change: world.b.show(world.b.live()[0] as never), alike: true }));
    },
  });
}

describe('a record that is said to have moved on, and shows nothing new', () => {
  it.each([{}, { versioned: false, optimistic: false }])(
    'is not tried again and again, but once it shows something else (%j)',
    async (traits) => {
      const world = await PushWorld.inStep(traits);
      const record = world.a.create(ana);
      await world.read(0);
      const [there] = world.b.live();
      if (there === undefined) throw new Error('Nothing was created');
      for (let count = 0; count < 20; count += 1) world.b.nextFaults.push({ fault: 'moved-on' });
      const id = world.shardOf(record).id;
      await world.edit(id, { name: 'Anna' });
      await world.feed(false);
      await world.rest();
      expect(world.problemAt(world.shard(id), 1)).toBe('failed');
      expect(world.b.nextFaults).toHaveLength(19);
      world.b.nextFaults.length = 0;
      world.b.edit(there, 'phone', '040 999 999');
      await world.read(1, true);
      expect(there.fields).toMatchObject({ name: 'Anna', phone: '040 999 999' });
      expect(world.problemAt(world.shard(id), 1)).toBeUndefined();
    },
  );
});

describe('the lane of an integration that was removed', () => {
  it('comes to rest, and no shard lacks anything there', async () => {
    const world = await PushWorld.inStep();
    const record = world.a.create(ana);
    await world.sync(0, false);
    await world.deliver('sync', false);
    await world.feed(false);
    expect(world.shardOf(record).push).toEqual({ [integrationOf(1)]: 'pending' });
    await world.deps.integrations.remove(world.scope, { id: integrationOf(1) });
    await world.rest();
    expect(world.shardOf(record).push).toBeUndefined();
    expect(world.deps.due.all()).toEqual([]);
  });
});

describe('a record that is written to', () => {
  it('is read first where nothing of it is known by which the write could be conditional', async () => {
    const world = await PushWorld.inStep({ tells: true });
    const [, adapter] = world.deps.adapters;
    const { objects, pull } = adapter ?? {};
    if (adapter === undefined || objects === undefined || pull === undefined) throw new Error('There is no system');
    // As by an ETag, which only a record that is read alone comes with.
    Object.assign(adapter, {
      objects: (settings: unknown) =>
        objects(settings).map((object) => ({ ...object, writes: { ...object.writes, expects: 'revision' } })),
      pull: async (...args: Parameters<typeof pull>) => {
        const page = await pull(...args);
        return { ...page, changes: page.changes.map(({ revision: _revision, ...change }) => change) };
      },
    });
    const there = world.b.create({ name: 'Ana', email: 'ana@x.org' });
    await world.read(1);
    const shard = world.shardOf(there);
    world.b.edit(there, 'name', 'Ana Novak');
    await world.edit(shard.id, { phone: '040 999 999' });
    await world.feed(false);
    await world.rest();
    expect(world.b.writes.map(({ blind }) => blind)).toEqual([false]);
    expect(world.shardOf(there).data).toMatchObject({ name: 'Ana Novak', phone: '040 999 999' });
  });

  it('is no deletion here where it is in the bin there, and deletions are not followed', async () => {
    const world = await PushWorld.inStep({ versioned: true, optimistic: false });
    await world.changeTask(1, { deletions: 'ignore', conflicts: conflictSettings.parse({ policy: 'external_wins' }) });
    const record = world.a.create(ana);
    await world.read(0);
    const [there] = world.b.live();
    const [, adapter] = world.deps.adapters;
    if (adapter === undefined || there === undefined) throw new Error('There is no record');
    Object.assign(adapter, { fetch: async () => [{ kind: 'change', change: world.b.show(there) }] });
    world.b.mark(there, true);
    world.a.edit(world.a.live()[0] ?? there, 'name', 'Anna');
    await world.read(0);
    expect(world.shardOf(record).status).toBe('active');
    expect(world.a.live()).toHaveLength(1);
  });

  it('keeps what it has in a field that is mapped anew, until it was read', async () => {
    const world = new PushWorld();
    const fields = ['name', 'email'].map((field) => ({ to: field, from: field, transforms: [], required: false }));
    const phone = { to: 'phone', from: 'phone', transforms: [], required: false };
    const objects = (all: typeof fields) => [{ object: 'people', shardTypeId: 'contact', fields: all }];
    await world.changeTask(1, { objects: objects(fields) });
    await world.settle();
    const record = world.a.create({ name: 'Ana', email: 'ana@x.org' });
    await world.read(0);
    const [there] = world.b.live();
    if (there === undefined) throw new Error('Nobody was created');
    world.b.edit(there, 'phone', '040 555 555');
    world.b.edit(there, 'name', 'Ana B');
    await world.read(1);
    await world.changeTask(1, { objects: objects([...fields, phone]) });
    await world.edit(world.shardOf(record).id, { name: 'Anna', phone: '040 999 999' });
    await world.feed(false);
    await world.rest();
    expect(there.fields['phone']).toBe('040 555 555');
    await world.settle();
    const source = world.sourcesAt(world.shardOf(record), 1)[0];
    expect(Object.keys(source?.held?.fields ?? {})).toEqual(['phone']);
    expect(there.fields).toMatchObject({ name: 'Anna', phone: '040 555 555' });
  });
});
