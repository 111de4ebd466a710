import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crash } from '../../../../kit/faults.ts';
import { IdentityWorld, type PersonRecord } from '../../../../kit/identity-world.ts';

const person: fc.Arbitrary<Omit<PersonRecord, 'id' | 'integration'>> = fc.record(
  {
    name: fc.constantFrom('Ana Novak', 'Anna Novak', 'Bob Smith', 'Robert Smith', 'Cene Kos'),
    email: fc.constantFrom('a@x.si', 'A@X.si', 'b@x.si', 'c@x.si', 'd@x.si', 'e@x.si'),
    phone: fc.constantFrom('+38640111111', '+386 40 111 111', '+38640222222', '+38640333333'),
    city: fc.constantFrom('Ptuj', 'Celje', 'Kranj'),
    modifiedAt: fc.constantFrom('2029-01-01T00:00:00.000Z', '2029-02-01T00:00:00.000Z', '2029-03-01T00:00:00.000Z'),
  },
  { requiredKeys: [] },
);

/** Pages, each of one integration; the same record is on one page only. */
const pages = fc
  .array(fc.array(person, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 })
  .map((all) =>
    all.map((page, index) =>
      page.map((fields, at): PersonRecord => ({ ...fields, id: `p${index}-${at}`, integration: `int_${index % 3}` })),
    ),
  );

/** Lets the workers take turns at every call of a port, in an order that the seed decides. */
function interleave(world: IdentityWorld, seed: number): void {
  let state = seed | 1;
  world.deps.faults.onOperation = async () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    for (let turn = (state >>> 16) % 7; turn > 0; turn -= 1) await Promise.resolve();
  };
}

/** What a shard holds, without what depends on when and under which id it was made. */
function contents(world: IdentityWorld): unknown[] {
  return world
    .shards()
    .filter((shard) => Object.keys(shard.sources).length > 0)
    .map((shard) => ({
      records: Object.values(shard.sources)
        .map((source) => `${source.integrationId} ${source.externalId}`)
        .sort(),
      data: shard.data,
    }))
    .sort((a, b) => ((a.records[0] ?? '') < (b.records[0] ?? '') ? -1 : 1));
}

/** Shards that are proposed to people as one and were never there. */
function findGhosts(world: IdentityWorld): string[] {
  const known = new Set(world.deps.shards.all().map(({ id }) => id));
  return world.deps.mergeCandidates.all().flatMap(({ shardIds }) => shardIds.filter((id) => !known.has(id)));
}

interface Death {
  readonly step: number;
  readonly moment: 'before' | 'after';
}

/** All pages at once, again and again, with a crash of everyone in between. Returns how many records counted as created. */
async function applyCrashing(
  world: IdentityWorld,
  all: readonly (readonly PersonRecord[])[],
  crashes: readonly Death[],
): Promise<number> {
  const left = [...crashes];
  let open = all.map((page, index) => ({
    page,
    sighting: { executionId: `exe_${index}`, page: index, fence: index + 1 },
  }));
  let created = 0;
  while (open.length > 0) {
    const next = left.pop();
    if (next !== undefined) world.deps.faults.crashAt(next.step, next.moment);
    const results = await Promise.allSettled(open.map(({ page, sighting }) => world.applyAt(page, sighting, true)));
    for (const result of results) {
      if (result.status === 'fulfilled') created += result.value.created;
      else if (!(result.reason instanceof Crash)) throw result.reason;
    }
    open = open.filter((_, index) => results[index]?.status !== 'fulfilled');
    world.deps.faults.restart();
  }
  return created;
}

describe('records that match', () => {
  it('are one shard, with the same data, whatever the order of pages and the number of workers', async () => {
    await fc.assert(
      fc.asyncProperty(pages, fc.nat(), fc.boolean(), async (all, seed, expectNew) => {
        const one = new IdentityWorld();
        for (const page of all) await one.apply(page, expectNew);
        expect(one.faults()).toEqual([]);
        expect(one.groups()).toEqual(one.expectedGroups(all.flat()));
        const other = new IdentityWorld();
        for (const page of all.toReversed()) await other.apply(page.toReversed(), expectNew);
        expect(other.groups()).toEqual(one.groups());
        const many = new IdentityWorld();
        interleave(many, seed);
        await Promise.all(all.map((page) => many.apply(page, expectNew)));
        expect(many.faults()).toEqual([]);
        expect(many.groups()).toEqual(one.groups());
        const dated = all.flat().every((record) => record.modifiedAt !== undefined);
        if (dated) {
          expect(contents(other)).toEqual(contents(one));
          expect(contents(many)).toEqual(contents(one));
        }
      }),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 100) },
    );
  });

  it('are one shard when several workers read the same records among new ones', async () => {
    await fc.assert(
      fc.asyncProperty(
        pages,
        fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (all, copies, seed) => {
          const records = all.flat();
          const again = copies.flatMap((copy) => records[copy % records.length] ?? []);
          const looks = all.map((page) => {
            const known = again.filter(({ integration }) => integration === page[0]?.integration);
            return [...new Set([...page, ...known])];
          });
          const one = new IdentityWorld();
          for (const page of looks) await one.apply(page, true);
          expect(one.faults()).toEqual([]);
          expect(one.groups()).toEqual(one.expectedGroups(records));
          const many = new IdentityWorld();
          interleave(many, seed);
          await Promise.all(looks.map((page) => many.apply(page, true)));
          expect(many.faults()).toEqual([]);
          expect(many.groups()).toEqual(one.groups());
          expect(findGhosts(many)).toEqual([]);
        },
      ),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 100) },
    );
  });

  it('stay one shard when they are read again, without a write', async () => {
    await fc.assert(
      fc.asyncProperty(pages, async (all) => {
        const world = new IdentityWorld();
        for (const page of all) await world.apply(page);
        const before = world.deps.faults.steps;
        for (const page of all) {
          const counts = await world.apply(page);
          expect(counts.unchanged).toBe(page.length);
        }
        expect(world.deps.faults.steps).toBe(before);
      }),
      { numRuns: 50 },
    );
  });

  it('are one shard after crashes at any moment, once their pages are repeated', async () => {
    const crash = fc.record({
      step: fc.integer({ min: 1, max: 60 }),
      moment: fc.constantFrom('before' as const, 'after' as const),
    });
    await fc.assert(
      fc.asyncProperty(pages, fc.nat(), fc.array(crash, { maxLength: 6 }), async (all, seed, crashes) => {
        const world = new IdentityWorld();
        interleave(world, seed);
        const created = await applyCrashing(world, all, crashes);
        await world.tick();
        expect(created).toBe(all.flat().length);
        expect(world.faults()).toEqual([]);
        expect(world.groups()).toEqual(world.expectedGroups(all.flat()));
        expect(world.deps.due.all()).toEqual([]);
      }),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 100) },
    );
  });
});
