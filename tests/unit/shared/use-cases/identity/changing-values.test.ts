import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sighting } from '../../../../../shared/core/observation.ts';
import { Crash } from '../../../../kit/faults.ts';
import { strayKey } from '../../../../kit/identity-faults.ts';
import { IdentityWorld, nextLook, type PersonRecord } from '../../../../kit/identity-world.ts';

const fields = fc.record(
  {
    name: fc.constantFrom('Ana Novak', 'Anna Novak', 'Cene Kos'),
    email: fc.constantFrom('a@x.si', 'b@x.si', 'c@x.si'),
    phone: fc.constantFrom('+38640111111', '+38640222222'),
    city: fc.constantFrom('Ptuj', 'Celje'),
    deleted: fc.constantFrom(false, false, false, true),
  },
  { requiredKeys: [] },
);

/** What a record shows at one time; looks of several workers at the same records overlap. */
const look = fc.record({
  records: fc.array(fc.tuple(fc.nat(4), fields), { minLength: 1, maxLength: 4 }),
  crash: fc.option(fc.integer({ min: 1, max: 40 })),
});
const rounds = fc.array(fc.array(look, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });

function pageOf(records: readonly (readonly [number, Omit<PersonRecord, 'id'>])[]): PersonRecord[] {
  return [...new Map(records.map(([person, shown]) => [person, { ...shown, id: `p${person}` }])).values()];
}

interface Page {
  readonly records: readonly PersonRecord[];
  readonly sighting: Sighting;
}

/** Looks that begin later are newer, but may end first. Returns those that died. */
async function live(
  world: IdentityWorld,
  round: readonly { records: readonly (readonly [number, Omit<PersonRecord, 'id'>])[]; crash: number | null }[],
): Promise<Page[]> {
  const [first] = round;
  if (first !== undefined && first.crash !== null) world.deps.faults.crashAt(first.crash, 'after');
  const pages = round.map(({ records }): Page => ({ records: pageOf(records), sighting: nextLook() }));
  const results = await Promise.allSettled(pages.map(({ records, sighting }) => world.applyAt(records, sighting)));
  for (const result of results) {
    if (result.status === 'rejected' && !(result.reason instanceof Crash)) throw result.reason;
  }
  world.deps.faults.restart();
  return pages.filter((_, index) => results[index]?.status === 'rejected');
}

describe('values that change while several workers look at them and die', () => {
  it('leave every record with its own keys and no others, once it is seen again', async () => {
    await fc.assert(
      fc.asyncProperty(rounds, fc.nat(), async (all, seed) => {
        const world = new IdentityWorld();
        let state = seed | 1;
        world.deps.faults.onOperation = async () => {
          state = (Math.imul(state, 1664525) + 1013904223) | 0;
          for (let turn = (state >>> 16) % 7; turn > 0; turn -= 1) await Promise.resolve();
        };
        const dead: Page[] = [];
        for (const round of all) dead.push(...(await live(world, round)));
        await world.tick();
        const everyone = [0, 1, 2, 3, 4].map(
          (person): PersonRecord => ({ id: `p${person}`, email: `own${person}@x.si`, name: `Own ${person}` }),
        );
        await world.apply(everyone);
        expect(world.faults().filter((fault) => !fault.startsWith(strayKey))).toEqual([]);
        // Whatever dies is repeated, if late: nothing of it is left then.
        for (const { records, sighting } of dead) await world.applyAt(records, sighting);
        await world.tick();
        expect(world.faults()).toEqual([]);
        const quiet = await world.apply(everyone);
        expect(quiet.unchanged).toBe(everyone.length);
        expect(world.deps.due.all()).toEqual([]);
      }),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 150) },
    );
  });
});
