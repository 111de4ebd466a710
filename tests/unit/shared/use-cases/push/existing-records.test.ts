import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../../shared/core/adapter.ts';
import { judgeShard } from '../../../../../shared/core/rollback/judge-shard.ts';
import { isSupposed } from '../../../../../shared/core/two-way/doubtful-creates.ts';
import { ana, forgetful, PushWorld } from '../../../../kit/push-world.ts';

const unique = { ...forgetful, unique: true } as const;

describe('a create that meets a record with the same unique value', () => {
  it.each([{}, { showsBin: true } as const])(
    'is refused where that one was deleted: nobody is deleted with it, and it is not sent again and again (%j)',
    async (traits) => {
      const world = await PushWorld.inStep({ ...unique, ...traits });
      world.b.mark(world.b.create(ana), true);
      const record = world.a.create(ana);
      for (const index of [0, 1]) await world.changeTask(index, { conflicts: externalWins });
      let pushes = 0;
      world.deps.faults.onOperation = async ({ port, verb }) => {
        if (port === 'b' && verb === 'push') pushes += 1;
      };
      await world.read(0);
      expect(world.a.live()).toEqual([record]);
      expect(world.problemAt(world.shardOf(record), 1)).toBe('failed');
      expect(pushes).toBe(1);
    },
  );

  it.each(['held', 'under way'] as const)(
    'takes no record that another create has made of which nobody knows yet (%s)',
    async (how) => {
      const world = await PushWorld.inStep(unique);
      const first = world.a.create(ana);
      world.b.nextFaults.push({ fault: 'unknown-done' });
      if (how === 'held') await world.read(0);
      const second = world.a.create({ ...ana, name: 'Somebody else' });
      await world.read(0);
      expect(world.problemAt(world.shardOf(first), 1)).toBe('held');
      expect(world.problemAt(world.shardOf(second), 1)).toBe('failed');
      await world.settle();
      const [made] = world.b.live();
      expect(made?.fields).toEqual(ana);
      expect(world.sourcesAt(world.shardOf(first), 1).map(({ externalId }) => externalId)).toEqual([made?.id]);
      expect(world.problemAt(world.shardOf(second), 1)).toBe('failed');
    },
  );

  it('makes of the two what any first meeting does: it has not made that record', async () => {
    const world = await PushWorld.inStep(unique);
    world.b.create({ ...ana, name: 'Older' });
    world.deps.clock.advance(60_000);
    const record = world.a.create({ ...ana, name: 'Newer' });
    await world.read(0);
    expect(world.shards()).toHaveLength(1);
    const names = [...world.a.live(), ...world.b.live()].map(({ fields }) => fields['name']);
    expect(names).toEqual(['Newer', 'Newer']);
    const [source] = world.sourcesAt(world.shardOf(record), 1);
    expect(isSupposed(source ?? {})).toBe(false);
  });

  it('has not made that one: taking back the run that made its shard leaves both', async () => {
    const world = await PushWorld.inStep(unique);
    world.b.create(ana);
    const record = world.a.create(ana);
    await world.read(0);
    const shard = world.shardOf(record);
    expect(world.sourcesAt(shard, 1)).toHaveLength(1);
    const verdict = judgeShard({ shard, entries: [], complete: true }, shard.createdIn ?? '');
    expect(verdict).toEqual({ kind: 'left', reason: 'shared' });
  });

  it('is in doubt where it was sent before, and that one cannot be read, or is taken for somebody new', async () => {
    const world = await PushWorld.inStep({ unique: true });
    const record = world.a.create(ana);
    world.b.nextFaults.push({ fault: 'unknown-done' });
    let [isMet, isDown] = [false, false];
    world.deps.faults.onOperation = async ({ port, verb }) => {
      const [made] = world.b.live();
      if (made !== undefined && !isMet) {
        isMet = true;
        world.b.edit(made, 'name', 'Ana Novak');
        world.b.forgetKeys();
      }
      if (port === 'b' && verb === 'fetch' && !isDown) {
        isDown = true;
        await world.edit(world.shardOf(record).id, { phone: '040 999 999' });
        throw new AdapterFailure('unavailable', 'It is down.');
      }
      if (port === 'pushLanes' && verb === 'replace' && isDown && world.shards().length === 1) {
        await world.sync(1, false);
        await world.deliver('sync', false);
      }
    };
    await world.read(0);
    expect([isMet, isDown]).toEqual([true, true]);
    expect(world.problemAt(world.shardOf(record), 1)).toBe('held');
    await world.retry(world.shardOf(record).id, world.b.live()[0]?.id);
    expect(world.shards()).toHaveLength(1);
    expect(world.shardOf(record).data).toMatchObject({ name: 'Ana Novak', phone: '040 999 999' });
  });
});

const externalWins = {
  policy: 'external_wins' as const,
  fields: {},
  remindAfterMinutes: 1440,
  onDeadline: 'internal_wins' as const,
};
