import { describe, expect, it } from 'vitest';
import { ConflictWorld } from '../../../../kit/conflict-world.ts';

const hourMs = 3_600_000;
/** In minutes, as settings have it. */
const hour = 60;

function hoursAfter(world: ConflictWorld, id: string, hours: number): string {
  return new Date(Date.parse(world.read(id).openedAt) + hours * hourMs).toISOString();
}

describe('a conflict that waits', () => {
  it('is reminded of again and again, escalated once, and decided at its deadline', async () => {
    const world = await ConflictWorld.create({
      remindAfterMinutes: 10 * hour,
      escalateAfterMinutes: 25 * hour,
      deadlineMinutes: 48 * hour,
    });
    const id = await world.conflict();
    await world.pass(47);
    expect(world.eventsOf('conflict.reminder').map(({ at }) => at)).toEqual(
      [10, 20, 30, 40].map((hours) => hoursAfter(world, id, hours)),
    );
    expect(world.eventsOf('conflict.escalated')).toMatchObject([{ at: hoursAfter(world, id, 25) }]);
    expect(world.read(id)).toMatchObject({ state: 'open', reminders: 4, escalatedAt: expect.any(String) });
    await world.pass(2);
    expect(world.read(id)).toMatchObject({
      state: 'expired',
      decision: { by: 'deadline', fields: { name: { take: 'ours' } } },
    });
    expect(world.shard()).toMatchObject({ data: { name: 'Bor' }, push: { [world.integrationId]: 'pending' } });
    expect(world.eventsOf('conflict.resolved')).toMatchObject([{ data: { state: 'expired', by: 'deadline' } }]);
    await world.pass(100);
    expect(world.eventsOf('conflict.reminder')).toHaveLength(4);
    expect(world.deps.due.all()).toEqual([]);
  });

  it('ends by its deadline as the task says, also where a record was deleted', async () => {
    const expected = {
      external_wins: { fields: 'Cene', there: 'deleted', here: 'active' },
      internal_wins: { fields: 'Bor', there: 'active', here: 'deleted' },
    } as const;
    for (const onDeadline of ['external_wins', 'internal_wins'] as const) {
      const world = await ConflictWorld.create({ deadlineMinutes: 1 * hour, onDeadline });
      await world.conflict({ externalId: 'p1' });
      await world.deletion('there', 'p2');
      await world.deletion('here', 'p3');
      await world.pass(2);
      expect(world.deps.conflicts.all().map(({ state }) => state)).toEqual(['expired', 'expired', 'expired']);
      expect(world.shard('p1').data['name']).toBe(expected[onDeadline].fields);
      expect(world.shard('p2').status).toBe(expected[onDeadline].there);
      expect(world.shard('p3').status).toBe(expected[onDeadline].here);
    }
  });

  it('can be opened again after its deadline, and has all its time then', async () => {
    const world = await ConflictWorld.create({ deadlineMinutes: 48 * hour });
    const id = await world.conflict();
    await world.pass(49);
    await world.undo(id);
    await world.pass(47);
    expect(world.read(id).state).toBe('open');
    await world.pass(2);
    expect(world.read(id)).toMatchObject({ state: 'expired', decisions: 2 });
  });

  it('goes by the settings that the task has now, within a day', async () => {
    const world = await ConflictWorld.create({ remindAfterMinutes: 1000 * hour });
    const id = await world.conflict();
    await world.pass(30);
    const stored = await world.deps.tasks.get(world.scope, { id: world.taskId });
    if (stored === undefined) throw new Error('The task is gone');
    const { document, etag } = stored;
    await world.deps.tasks.write(world.scope, {
      kind: 'replace',
      document: { ...document, conflicts: { ...document.conflicts, deadlineMinutes: 31 * hour } },
      etag,
    });
    await world.pass(24);
    expect(world.read(id).state).toBe('expired');
  });

  it('is looked after by the clock when its orchestration is lost, which is started again', async () => {
    const world = await ConflictWorld.create({ remindAfterMinutes: 10 * hour, deadlineMinutes: 48 * hour });
    const id = await world.conflict();
    await world.pass(1);
    world.deps.orchestrations.lose(id);
    await world.pass(11);
    expect(world.read(id).reminders).toBe(1);
    expect(world.deps.orchestrations.isRunning(id)).toBe(true);
    world.deps.orchestrations.lose(id);
    await world.pass(40);
    expect(world.read(id).state).toBe('expired');
  });

  it('is told once of what several missed reminders would have said', async () => {
    const world = await ConflictWorld.create({ remindAfterMinutes: 10 * hour });
    const id = await world.conflict();
    world.deps.clock.advance(35 * hourMs);
    await world.pass(1);
    expect(world.eventsOf('conflict.reminder')).toMatchObject([{ at: hoursAfter(world, id, 30), data: { number: 3 } }]);
  });

  it.each(['before', 'after'] as const)('loses nothing by a crash at any step (%s it took)', async (moment) => {
    const settings = {
      remindAfterMinutes: 10 * hour,
      escalateAfterMinutes: 15 * hour,
      deadlineMinutes: 25 * hour,
    } as const;
    const undisturbed = await ConflictWorld.create(settings);
    await undisturbed.conflict();
    const before = undisturbed.deps.faults.steps;
    await undisturbed.pass(30);
    const steps = undisturbed.deps.faults.steps - before;
    expect(steps).toBeGreaterThan(10);
    for (let step = 1; step <= steps; step += 1) {
      const world = await ConflictWorld.create(settings);
      const id = await world.conflict();
      world.deps.faults.crashAt(step, moment);
      await world.pass(30);
      expect(world.read(id), `step ${step}`).toMatchObject({ state: 'expired', reminders: 2, decisions: 1 });
      expect(world.eventsOf('conflict.reminder'), `step ${step}`).toHaveLength(2);
      expect(world.eventsOf('conflict.escalated'), `step ${step}`).toHaveLength(1);
      expect(world.eventsOf('conflict.resolved'), `step ${step}`).toHaveLength(1);
      expect(world.deps.due.all(), `step ${step}`).toEqual([]);
      expect(world.deps.orchestrations.isRunning(id), `step ${step}`).toBe(false);
    }
  });
});
