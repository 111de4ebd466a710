import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MergeDocument } from '../../../../../shared/core/documents/merge.ts';
import { mergeShard } from '../../../../../shared/use-cases/merge-shards/merge-shard.ts';
import { undoMerge } from '../../../../../shared/use-cases/merge-shards/undo-merge.ts';
import { Crash } from '../../../../kit/faults.ts';
import { IdentityWorld, type PersonRecord } from '../../../../kit/identity-world.ts';

const request = { query: undefined, ifMatch: undefined };

function undo(
  world: IdentityWorld,
  merge: MergeDocument,
  body?: { preview: boolean; assign: Record<string, 'survivor' | 'restored'> },
) {
  const attempt = { at: world.deps.now(), repeated: false };
  return undoMerge(world.deps, world.scope, { ...request, params: { mergeId: merge.id }, body, attempt });
}

function merge(world: IdentityWorld, shardId: string, other: string) {
  const attempt = { at: world.deps.now(), repeated: false };
  return mergeShard(world.deps, world.scope, { ...request, params: { shardId }, body: { with: other }, attempt });
}

function onlyMerge(world: IdentityWorld): MergeDocument {
  const merges = world.deps.merges.all().filter(({ state }) => state === 'done');
  expect(merges).toHaveLength(1);
  const [only] = merges;
  if (only === undefined) throw new Error('nothing was merged');
  return only;
}

const early = '2029-01-01T00:00:00.000Z';
const late = '2029-02-01T00:00:00.000Z';
const ana: PersonRecord = { id: 'ana', email: 'ana@x.si', name: 'Ana', city: 'Ptuj', modifiedAt: early };
const anja: PersonRecord = { id: 'anja', phone: '+38640111111', name: 'Anja K.', city: 'Celje', modifiedAt: late };
/** Has the e-mail of one and the phone of the other. */
const bridge: PersonRecord = { id: 'bridge', email: 'ana@x.si', phone: '+38640111111', modifiedAt: early };

/** Acquired after the merge: matches Anja alone. */
const later: PersonRecord = { id: 'later', phone: '+386 40 111-111', modifiedAt: early };

async function crossed(): Promise<IdentityWorld> {
  const world = new IdentityWorld();
  await world.apply([ana]);
  await world.apply([anja]);
  expect(world.groups()).toHaveLength(2);
  await world.apply([bridge]);
  expect(world.groups()).toEqual([['int_a/ana', 'int_a/anja', 'int_a/bridge']]);
  return world;
}

/** Two that no rule would merge, made one by a person, and a record that came later. */
async function united(): Promise<IdentityWorld> {
  const world = new IdentityWorld();
  await world.apply([ana]);
  await world.apply([anja]);
  const [one, other] = world.shards();
  await merge(world, one?.id ?? '', other?.id ?? '');
  await world.apply([later]);
  expect(world.groups()).toEqual([['int_a/ana', 'int_a/anja', 'int_a/later']]);
  return world;
}

describe('a record that has the keys of two shards', () => {
  it('merges them into the older, with the newer values, and leaves a tombstone that forwards', async () => {
    const world = await crossed();
    const { survivorId, loserId } = onlyMerge(world);
    expect(survivorId < loserId).toBe(true);
    expect(world.shards()).toMatchObject([
      { id: survivorId, data: { name: 'Anja K.', city: 'Celje', email: 'ana@x.si' } },
    ]);
    const tomb = world.deps.shards.all().find(({ id }) => id === loserId);
    expect(tomb).toMatchObject({ status: 'merged', mergedInto: survivorId, data: {}, sources: {} });
    expect(world.deps.shardImages.all()).toHaveLength(2);
    expect(world.faults()).toEqual([]);
  });
});

describe('the undo of a merge', () => {
  it('gives each side its records and data back, and the record acquired since to the side it matches', async () => {
    const world = await united();
    const done = onlyMerge(world);
    const preview = await undo(world, done, { preview: true, assign: {} });
    expect(world.groups()).toHaveLength(1);
    const { body } = await undo(world, done);
    expect(body).toMatchObject({ state: 'undone' });
    expect(body.undo?.assignments).toEqual(preview.body.undo?.assignments);
    expect(world.groups()).toEqual([['int_a/ana'], ['int_a/anja', 'int_a/later']]);
    expect(
      world
        .shards()
        .map((shard) => shard.data['name'])
        .sort(),
    ).toEqual(['Ana', 'Anja K.']);
    expect(world.faults()).toEqual([]);
    expect(world.deps.due.all()).toEqual([]);
  });

  it('is not taken back when the same values are seen again', async () => {
    const world = await crossed();
    await undo(world, onlyMerge(world));
    const again = new IdentityWorld({ ...world.matcher.set, version: 2, strategy: 'most_complete' }, world.deps);
    await again.apply([ana, anja, bridge]);
    expect(again.groups()).toHaveLength(2);
    expect(world.deps.mergeCandidates.all()).toMatchObject([{ state: 'rejected' }]);
  });

  it('proposes the pair again when its values change, and says so, but never merges it', async () => {
    const world = await crossed();
    await undo(world, onlyMerge(world));
    await world.apply([{ ...anja, email: 'ana@x.si' }]);
    expect(world.groups()).toHaveLength(2);
    expect(world.deps.mergeCandidates.all()).toMatchObject([{ state: 'open', reopened: 'values-changed' }]);
  });

  it('keeps what the records changed since', async () => {
    const world = await crossed();
    await world.apply([{ ...anja, city: 'Kranj', modifiedAt: '2029-03-01T00:00:00.000Z' }]);
    expect(world.shards()).toMatchObject([{ data: { city: 'Kranj' } }]);
    await undo(world, onlyMerge(world));
    const cities = world.shards().map((shard) => shard.data['city']);
    expect(cities.sort()).toEqual(['Kranj', 'Ptuj']);
    expect(world.faults()).toEqual([]);
  });

  it('gives acquired records to whom they were asked for, and refuses what is not there', async () => {
    const world = await united();
    const done = onlyMerge(world);
    const { body } = await undo(world, done, { preview: true, assign: {} });
    const record = body.undo?.assignments.find(({ externalId }) => externalId === 'later');
    expect(record).toMatchObject({ why: 'matches' });
    const nobody = undo(world, done, { preview: false, assign: { nobody: 'restored' } });
    await expect(nobody).rejects.toMatchObject({ code: 'invalid-request' });
    const other = record?.to === 'restored' ? 'survivor' : 'restored';
    await undo(world, done, { preview: false, assign: { [record?.link ?? '']: other } });
    expect(world.groups()).toEqual([['int_a/ana', 'int_a/later'], ['int_a/anja']]);
    expect(world.faults()).toEqual([]);
  });

  it('is refused while the survivor is merged into another', async () => {
    const world = await crossed();
    const first = onlyMerge(world);
    await world.apply([{ id: 'older', email: 'older@x.si' }]);
    const older = world.shards().find((shard) => shard.data['email'] === 'older@x.si');
    await merge(world, first.survivorId, older?.id ?? '');
    const second = world.deps.merges.all().find(({ id }) => id !== first.id);
    if (second === undefined) throw new Error('nothing was merged');
    if (second.loserId === first.survivorId)
      await expect(undo(world, first)).rejects.toMatchObject({ code: 'cannot-undo' });
    await undo(world, second);
    await undo(world, first);
    expect(world.groups()).toHaveLength(3);
    expect(world.faults()).toEqual([]);
  });

  it.each(['before', 'after'] as const)(
    'is completed after a crash at any step (%s it took), as is the merge',
    async (moment) => {
      const measured = await crossed();
      const from = measured.deps.faults.steps;
      await undo(measured, onlyMerge(measured));
      const steps = measured.deps.faults.steps - from;
      expect(steps).toBeGreaterThan(8);
      for (let step = 1; step <= steps; step += 1) {
        const world = await crossed();
        const done = onlyMerge(world);
        world.deps.faults.crashAt(step, moment);
        await undo(world, done).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
        });
        world.deps.faults.restart();
        await world.tick();
        if (world.deps.merges.all()[0]?.state === 'done') await undo(world, done);
        expect(world.groups(), `step ${step}`).toEqual([['int_a/ana', 'int_a/bridge'], ['int_a/anja']]);
        expect(world.faults(), `step ${step}`).toEqual([]);
      }
    },
  );
});

describe('e-mails that change owner', () => {
  const owners = fc.array(fc.array(fc.nat(5), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 5 });

  it('leave one shard a person and no key behind, whoever is first', async () => {
    await fc.assert(
      fc.asyncProperty(owners, fc.nat(), async (rounds, seed) => {
        const world = new IdentityWorld(byEmailAndName);
        let state = seed | 1;
        world.deps.faults.onOperation = async () => {
          state = (Math.imul(state, 1664525) + 1013904223) | 0;
          for (let turn = (state >>> 16) % 7; turn > 0; turn -= 1) await Promise.resolve();
        };
        for (const emails of rounds) {
          const records = emails.map(
            (email, person): PersonRecord => ({ id: `p${person}`, name: names[person] ?? '', email: `e${email}@x.si` }),
          );
          await Promise.all(records.map((record) => world.apply([record])));
          expect(world.faults()).toEqual([]);
          expect(world.groups()).toHaveLength(names.length);
        }
      }),
      { numRuns: 100 },
    );
  });

  const names = ['Ana Novak', 'Boris Kralj', 'Cilka Zupan', 'Dušan Hribar'];
  const byEmailAndName = {
    ...new IdentityWorld().matcher.set,
    rules: [
      {
        kind: 'fuzzy' as const,
        name: 'E-mail and name',
        key: [{ fields: ['email'], as: 'email' as const, part: 'whole' as const }],
        compare: [{ fields: ['name'], as: 'person-name' as const, weight: 1 }],
        mergeAt: 0.85,
        reviewAt: 0.7,
      },
    ],
  };
});
