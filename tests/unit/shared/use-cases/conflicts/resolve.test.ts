import { describe, expect, it } from 'vitest';
import { isClosed } from '../../../../../shared/core/conflicts/conflict-states.ts';
import { versionOf } from '../../../../../shared/core/conflicts/describe-conflict.ts';
import { formatEtag } from '../../../../../shared/core/etag.ts';
import { ConflictWorld, type Decision } from '../../../../kit/conflict-world.ts';
import { survive } from '../../../../kit/sync-harness.ts';

const two = {
  base: { name: 'Ana', email: 'a' },
  ours: { name: 'Bor', email: 'b' },
  theirs: { name: 'Cene', email: 'c' },
};
const theirs: Decision = { fields: [{ field: 'name', take: 'theirs' }] };

describe('a decision', () => {
  it('is per field, is pushed where the other side shows something else, and ends the conflict', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict(two);
    const decided = await world.resolve(id, {
      fields: [
        { field: 'name', take: 'theirs' },
        { field: 'email', take: 'value', value: 'd' },
      ],
    });
    expect(decided).toMatchObject({ state: 'resolved', decision: { by: 'person', actor: 'ana' } });
    const shard = world.shard();
    expect(shard).toMatchObject({ data: { name: 'Cene', email: 'd' }, push: { [world.integrationId]: 'pending' } });
    expect(shard.cause).toMatchObject({ kind: 'conflict', id, actorId: 'ana' });
    expect(shard.edits).toMatchObject({ name: { by: world.linkId() }, email: { by: id } });
    expect(world.deps.journal.all()).toMatchObject([{ image: { data: { name: 'Bor', email: 'b' } } }]);
    expect(world.eventsOf('conflict.resolved')).toMatchObject([{ data: { state: 'resolved', by: 'person' } }]);
    await world.pass(1);
    expect(world.deps.orchestrations.isRunning(id)).toBe(false);
    expect(world.deps.due.all()).toEqual([]);
    expect(world.deps.audit.all().map(({ action }) => action)).toEqual(['conflict.resolved']);
  });

  it('leaves a shard whose values stay as they are at its revision', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    const { revision } = world.shard();
    await world.resolve(id, { fields: [{ field: 'name', take: 'ours' }] });
    expect(world.shard()).toMatchObject({ revision, push: { [world.integrationId]: 'pending' } });
    expect(world.deps.journal.all()).toEqual([]);
  });

  it('has to be about each of the fields, and about nothing else', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict(two);
    await expect(world.resolve(id, theirs)).rejects.toMatchObject({
      code: 'invalid-request',
      errors: [{ field: '/fields', message: expect.stringContaining('email') }],
    });
    await expect(world.resolve(id, { deletion: 'keep' })).rejects.toMatchObject({ errors: [{ field: '/deletion' }] });
    const other = await world.deletion('there', 'p2');
    await expect(world.resolve(other, theirs)).rejects.toMatchObject({ errors: [{ field: '/fields' }] });
    expect(world.read(id).decisions).toBe(0);
  });

  it('has to fit the shard type, and names the value that does not', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict(two);
    const fields: Decision['fields'] = [
      { field: 'name', take: 'value', value: { first: 7 } },
      { field: 'email', take: 'value', value: ['x'] },
    ];
    await expect(world.resolve(id, { fields })).rejects.toMatchObject({
      code: 'invalid-request',
      errors: [{ field: '/fields/0/value' }, { field: '/fields/1/value' }],
    });
  });

  it('is refused where what was seen has changed, naming the fields', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict(two);
    const seen = world.read(id);
    await world.change((shard, look) => shard.see(look({ name: 'Cene', email: 'changed' })));
    const fields: Decision['fields'] = [
      { field: 'name', take: 'theirs', version: seen.fields['name']?.version },
      { field: 'email', take: 'theirs', version: seen.fields['email']?.version },
    ];
    await expect(world.resolve(id, { fields })).rejects.toMatchObject({
      code: 'conflict-changed',
      errors: [{ field: '/fields/1/version', message: expect.stringContaining('email') }],
    });
    await expect(world.resolve(id, { fields }, { ifMatch: [formatEtag(versionOf(seen))] })).rejects.toMatchObject({
      code: 'precondition-failed',
    });
  });

  it('is dropped where the values change just as it is carried out, and the conflict waits as before', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict(two);
    let changed = false;
    world.deps.faults.onOperation = async ({ port, verb }) => {
      if (changed || port !== 'conflicts' || verb !== 'replace') return;
      changed = true;
      await world.change((shard, look) => shard.see(look({ name: 'Cene', email: 'changed' })));
    };
    const fields: Decision['fields'] = [
      { field: 'name', take: 'theirs' },
      { field: 'email', take: 'ours' },
    ];
    await expect(world.resolve(id, { fields })).rejects.toMatchObject({
      code: 'conflict-changed',
      errors: [{ field: '/fields/1', message: expect.stringContaining('email') }],
    });
    expect(world.read(id)).toMatchObject({ state: 'open', fields: { email: { theirs: { value: 'changed' } } } });
    expect(world.read(id).decision).toBeUndefined();
    expect(world.shard().data).toMatchObject({ name: 'Bor', email: 'b' });
    await world.resolve(id, { fields });
    expect(world.shard().data).toMatchObject({ name: 'Cene', email: 'b' });
  });

  it('of one of two who decide at once holds', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    const answers = await Promise.allSettled([
      world.resolve(id, theirs),
      world.resolve(id, { fields: [{ field: 'name', take: 'ours' }] }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const won = answers.findIndex(({ status }) => status === 'fulfilled');
    expect(world.shard().data['name']).toBe(won === 0 ? 'Cene' : 'Bor');
  });

  it('is carried out once when its request is repeated', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    await world.resolve(id, theirs);
    const before = world.shard();
    expect(await world.resolve(id, theirs, { repeated: true })).toMatchObject({ state: 'resolved' });
    expect(world.shard()).toEqual(before);
    await expect(world.resolve(id, theirs)).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('of a record that was deleted on one side deletes it, or keeps it', async () => {
    const world = await ConflictWorld.create();
    const [there, here] = [await world.deletion('there', 'p1'), await world.deletion('here', 'p2')];
    expect(world.read(there)).toMatchObject({ about: 'deletion', deleted: { where: 'there' } });
    await world.resolve(there, { deletion: 'keep' });
    expect(world.shard('p1')).toMatchObject({ status: 'active', push: { [world.integrationId]: 'pending' } });
    await world.resolve(here, { deletion: 'keep' });
    expect(world.shard('p2')).toMatchObject({ status: 'active', data: { name: 'Cene' } });
    await world.undo(here);
    expect(world.shard('p2').status).toBe('deleted');
    await world.resolve(here, { deletion: 'delete' });
    expect(world.shard('p2')).toMatchObject({ status: 'deleted', push: { [world.integrationId]: 'pending' } });
  });
});

describe('a rule', () => {
  it('is written into the task, and is gone with the decision that made it', async () => {
    const world = await ConflictWorld.create({ fields: { email: 'newest', phone: 'merge' } });
    const id = await world.conflict(two);
    const fields: Decision['fields'] = [
      { field: 'name', take: 'theirs' },
      { field: 'email', take: 'ours' },
    ];
    await world.resolve(id, { fields, rule: true });
    expect(await world.policies()).toEqual({ name: 'external_wins', email: 'internal_wins', phone: 'merge' });
    await world.undo(id);
    expect(await world.policies()).toEqual({ email: 'newest', phone: 'merge' });
  });

  it('is for admins, and for fields of which a side is taken', async () => {
    const operator = await ConflictWorld.create({}, 'operator');
    const id = await operator.conflict();
    await expect(operator.resolve(id, { ...theirs, rule: true })).rejects.toMatchObject({ code: 'forbidden' });
    const world = await ConflictWorld.create();
    const other = await world.conflict();
    const value: Decision = { fields: [{ field: 'name', take: 'value', value: 'Ema' }], rule: true };
    await expect(world.resolve(other, value)).rejects.toMatchObject({ errors: [{ field: '/rule' }] });
  });
});

describe('an undo', () => {
  it('opens the conflict again, about what both sides had', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict(two);
    const { fields, version } = world.read(id);
    await world.resolve(id, {
      fields: [
        { field: 'name', take: 'theirs' },
        { field: 'email', take: 'value', value: 'd' },
      ],
    });
    await world.pass(1);
    const shown = await world.undo(id);
    expect(shown).toMatchObject({ state: 'open', decision: { undone: { actor: 'ana' } } });
    expect(world.read(id)).toMatchObject({ fields, version });
    expect(world.shard()).toMatchObject({ data: { name: 'Bor', email: 'b' } });
    expect(world.shard().push).toBeUndefined();
    expect(world.eventsOf('conflict.detected')).toHaveLength(2);
    expect(world.deps.orchestrations.isRunning(id)).toBe(true);
    expect(await world.undo(id, true)).toMatchObject({ state: 'open' });
    await expect(world.undo(id)).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('is refused where a value has been changed since, which is named', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict(two);
    const fields: Decision['fields'] = [
      { field: 'name', take: 'theirs' },
      { field: 'email', take: 'ours' },
    ];
    await world.resolve(id, { fields });
    await world.change((shard) => shard.edit(100, { email: 'later' }));
    await expect(world.undo(id)).rejects.toMatchObject({ code: 'cannot-undo', errors: [{ field: 'email' }] });
    expect(world.read(id).state).toBe('resolved');
    expect(world.shard().data).toMatchObject({ name: 'Cene', email: 'later' });
  });

  it('leaves the decision, and its rule, where something goes on from it just as it is taken back', async () => {
    const world = await ConflictWorld.create();
    const id = await world.conflict();
    await world.resolve(id, { ...theirs, rule: true });
    let changed = false;
    world.deps.faults.onOperation = async ({ port, verb }) => {
      if (changed || port !== 'conflicts' || verb !== 'replace') return;
      changed = true;
      await world.change((shard) => shard.edit(100, { name: 'later' }));
    };
    await expect(world.undo(id)).rejects.toMatchObject({ code: 'cannot-undo', errors: [{ field: 'name' }] });
    expect(world.read(id)).toMatchObject({ state: 'resolved' });
    expect(world.shard().data['name']).toBe('later');
    expect(await world.policies()).toEqual({ name: 'external_wins' });
  });
});

describe('a crash', () => {
  const decision: Decision = { fields: [{ field: 'name', take: 'theirs' }], rule: true };

  it.each(['before', 'after'] as const)(
    'at any step of a decision (%s it took) loses and doubles nothing',
    async (moment) => {
      const undisturbed = await ConflictWorld.create();
      const first = await undisturbed.conflict();
      const before = undisturbed.deps.faults.steps;
      await undisturbed.resolve(first, decision);
      const steps = undisturbed.deps.faults.steps - before;
      expect(steps).toBeGreaterThan(6);
      for (let step = 1; step <= steps; step += 1) {
        const world = await ConflictWorld.create();
        const id = await world.conflict();
        const { revision } = world.shard();
        world.deps.faults.crashAt(step, moment);
        await survive(world.deps, () => world.resolve(id, decision));
        world.deps.faults.restart();
        // The change feed and the clock, without the person.
        await world.project();
        await world.pass(1);
        const conflict = world.read(id);
        if (conflict.decision === undefined) {
          expect([step, conflict.state, world.shard().revision]).toEqual([step, 'open', revision]);
          await world.resolve(id, decision);
          await world.pass(1);
        }
        expect(world.read(id), `step ${step}`).toMatchObject({ state: 'resolved', decisions: 1 });
        expect(world.shard(), `step ${step}`).toMatchObject({ data: { name: 'Cene' }, revision: revision + 1 });
        expect(world.deps.journal.all()).toHaveLength(1);
        expect(await world.policies()).toEqual({ name: 'external_wins' });
        expect(world.eventsOf('conflict.resolved'), `step ${step}`).toHaveLength(1);
        expect(world.deps.orchestrations.isRunning(id), `step ${step}`).toBe(false);
        expect(world.deps.due.all(), `step ${step}`).toEqual([]);
      }
    },
  );

  it.each(['before', 'after'] as const)(
    'at any step of an undo (%s it took) loses and doubles nothing',
    async (moment) => {
      const made = async () => {
        const world = await ConflictWorld.create();
        const id = await world.conflict();
        await world.resolve(id, decision);
        await world.pass(1);
        return { world, id, steps: world.deps.faults.steps };
      };
      const undisturbed = await made();
      await undisturbed.world.undo(undisturbed.id);
      const steps = undisturbed.world.deps.faults.steps - undisturbed.steps;
      for (let step = 1; step <= steps; step += 1) {
        const { world, id } = await made();
        world.deps.faults.crashAt(step, moment);
        await survive(world.deps, () => world.undo(id));
        world.deps.faults.restart();
        await world.project();
        await world.pass(1);
        if (isClosed(world.read(id))) await world.undo(id);
        await world.pass(1);
        expect(world.read(id), `step ${step}`).toMatchObject({
          state: 'open',
          decision: { undone: { actorId: 'ana' } },
        });
        expect(world.shard().data['name'], `step ${step}`).toBe('Bor');
        expect(world.shard().push).toBeUndefined();
        expect(await world.policies()).toEqual({});
        expect(world.eventsOf('conflict.detected'), `step ${step}`).toHaveLength(2);
        expect(world.deps.orchestrations.isRunning(id), `step ${step}`).toBe(true);
        await world.resolve(id, { fields: [{ field: 'name', take: 'ours' }] });
        await world.pass(1);
        expect(world.read(id)).toMatchObject({ state: 'resolved', decisions: 2 });
      }
    },
  );
});
