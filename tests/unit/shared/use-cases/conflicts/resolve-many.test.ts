import { describe, expect, it } from 'vitest';
import { conflictResolution, type resolveConflicts as route } from '../../../../../shared/contracts/conflicts.ts';
import type { ConflictDocument } from '../../../../../shared/core/documents/conflict.ts';
import type { ConflictResolutionDocument } from '../../../../../shared/core/documents/conflict-resolution.ts';
import type { InputOf } from '../../../../../shared/core/route-input.ts';
import { resolveConflicts } from '../../../../../shared/use-cases/conflicts/resolve-conflicts.ts';
import { workOnResolution } from '../../../../../shared/use-cases/conflicts/work-on-resolution.ts';
import { ConflictWorld } from '../../../../kit/conflict-world.ts';

type Body = Partial<InputOf<typeof route>['body']>;

async function begin(world: ConflictWorld, body: Body): Promise<string> {
  const answer = await resolveConflicts(world.deps, world.person, {
    params: undefined,
    query: undefined,
    body: { rule: false, ...body },
    ifMatch: undefined,
    attempt: { at: world.deps.now(), repeated: false },
  });
  const shown = conflictResolution.parse(answer.body);
  expect(shown).toMatchObject({ state: 'running', resolved: 0, actor: 'ana' });
  return shown.id;
}

function resolutionOf(world: ConflictWorld, id: string): ConflictResolutionDocument {
  const found = world.deps.conflictResolutions.all().find((each) => each.id === id);
  if (found === undefined) throw new Error('The resolution is gone');
  return found;
}

function names(world: ConflictWorld, ids: readonly string[]): unknown[] {
  return ids.map((_id, index) => world.shard(`p${index}`).data['name']);
}

/** So many conflicts about the name. */
async function many(world: ConflictWorld, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) ids.push(await world.conflict({ externalId: `p${index}` }));
  world.deps.clock.advance(1000);
  return ids;
}

const states = (conflicts: readonly ConflictDocument[]) => conflicts.map(({ state }) => state).sort();

describe('many conflicts', () => {
  it('that are alike are decided alike, and no others', async () => {
    const world = await ConflictWorld.create();
    const ids = await many(world, 60);
    const other = await world.conflict({ externalId: 'q', ours: { email: 'x' }, theirs: { email: 'y' } });
    const deleted = await world.deletion('there', 'r');
    const id = await begin(world, { like: ids[0], take: 'theirs' });
    await world.pass(1);
    expect(resolutionOf(world, id)).toMatchObject({ state: 'done', resolved: 60, left: 0, reasons: [] });
    expect(new Set(names(world, ids))).toEqual(new Set(['Cene']));
    expect([world.read(other).state, world.read(deleted).state]).toEqual(['open', 'open']);
    expect(world.read(ids[7] ?? '')).toMatchObject({
      decision: { by: 'resolution', actorId: 'ana', resolutionId: id },
    });
    expect(world.deps.orchestrations.isRunning(id)).toBe(false);
  });

  it('are decided by a filter, as far as the decision fits them', async () => {
    const world = await ConflictWorld.create();
    const ids = await many(world, 3);
    const other = await world.conflict({ externalId: 'q', ours: { email: 'x' }, theirs: { email: 'y' } });
    const id = await begin(world, {
      filter: { integrationId: world.integrationId, type: 'contact', kind: 'fields' },
      fields: [{ field: 'name', take: 'ours' }],
    });
    await world.pass(1);
    expect(resolutionOf(world, id)).toMatchObject({
      state: 'done',
      resolved: 3,
      left: 1,
      reasons: [{ conflictId: other, reason: 'It is about other fields.' }],
    });
    expect(names(world, ids)).toEqual(['Bor', 'Bor', 'Bor']);
  });

  it('are decided by id, and say which were not open', async () => {
    const world = await ConflictWorld.create();
    const ids = await many(world, 30);
    await world.resolve(ids[0] ?? '', { fields: [{ field: 'name', take: 'ours' }] });
    const nobody = `conflict_${'A'.repeat(22)}`;
    const id = await begin(world, { ids: [...ids, nobody], take: 'theirs' });
    await world.pass(1);
    expect(resolutionOf(world, id)).toMatchObject({
      resolved: 29,
      left: 2,
      reasons: [
        { conflictId: ids[0], reason: 'It is resolved.' },
        { conflictId: nobody, reason: 'There is no such conflict.' },
      ],
    });
  });

  it('of records that were deleted are kept or deleted', async () => {
    const world = await ConflictWorld.create();
    await world.deletion('there', 'p0');
    await world.deletion('there', 'p1');
    world.deps.clock.advance(1000);
    await begin(world, { filter: { kind: 'deletion' }, deletion: 'delete' });
    await world.pass(1);
    expect(states(world.deps.conflicts.all())).toEqual(['resolved', 'resolved']);
    expect(world.shard('p1').status).toBe('deleted');
  });

  it('that come up later are not decided by it', async () => {
    const world = await ConflictWorld.create();
    const [first = ''] = await many(world, 1);
    await begin(world, { like: first, take: 'theirs' });
    const later = await world.conflict({ externalId: 'q', since: 3600 });
    await world.pass(1);
    expect([world.read(first).state, world.read(later).state]).toEqual(['resolved', 'open']);
  });

  it('make one rule of their task', async () => {
    const world = await ConflictWorld.create({ fields: { email: 'merge' } });
    const ids = await many(world, 3);
    await begin(world, { ids, take: 'theirs', rule: true });
    await world.pass(1);
    expect(await world.policies()).toEqual({ name: 'external_wins', email: 'merge' });
  });

  it.each([
    ['before', 3, 1],
    ['after', 3, 1],
    ['after', 27, 50],
  ] as const)(
    'are each decided and counted once, whatever crashes (%s it took, %i of them)',
    async (moment, count, stride) => {
      const undisturbed = await ConflictWorld.create();
      const [first] = await many(undisturbed, count);
      await begin(undisturbed, { like: first, take: 'theirs' });
      const before = undisturbed.deps.faults.steps;
      await undisturbed.pass(0.1);
      const steps = undisturbed.deps.faults.steps - before;
      expect(steps).toBeGreaterThan(count * 5);
      for (let step = 1; step <= steps; step += stride) {
        const world = await ConflictWorld.create();
        const ids = await many(world, count);
        const id = await begin(world, { like: ids[0], take: 'theirs' });
        world.deps.faults.crashAt(step, moment);
        await world.pass(1);
        expect(resolutionOf(world, id), `step ${step}`).toMatchObject({ state: 'done', resolved: count, left: 0 });
        expect(world.deps.journal.all(), `step ${step}`).toHaveLength(count);
        expect(world.eventsOf('conflict.resolved'), `step ${step}`).toHaveLength(count);
      }
    },
  );

  it('are not decided once more when a step is repeated after somebody has taken one back', async () => {
    const world = await ConflictWorld.create();
    const ids = await many(world, 2);
    const id = await begin(world, { like: ids[0], take: 'theirs' });
    const before = await world.deps.conflictResolutions.get(world.scope, { id });
    if (before === undefined) throw new Error('There is no resolution');
    await world.pass(0.1);
    await world.undo(ids[0] ?? '');
    // As if the worker had died before it wrote down how far it had come.
    const stored = await world.deps.conflictResolutions.get(world.scope, { id });
    await world.deps.conflictResolutions.write(world.scope, {
      kind: 'replace',
      document: before.document,
      etag: stored?.etag ?? '',
    });
    await workOnResolution(world.deps, { tenantId: 'acme', traceparent: world.scope.traceparent, resolutionId: id });
    expect(resolutionOf(world, id)).toMatchObject({ state: 'done', resolved: 2, left: 0 });
    expect(ids.map((each) => world.read(each).state)).toEqual(['open', 'resolved']);
  });

  it('go on by the clock when their orchestration is lost', async () => {
    const world = await ConflictWorld.create();
    const ids = await many(world, 3);
    const id = await begin(world, { like: ids[0], take: 'theirs' });
    world.deps.orchestrations.lose(id);
    await world.pass(1);
    expect(resolutionOf(world, id)).toMatchObject({ state: 'done', resolved: 3 });
    expect(world.deps.due.all().filter(({ document }) => document.kind === 'conflict-resolution')).toEqual([]);
  });
});
