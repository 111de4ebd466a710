import fc from 'fast-check';
import { expect, it } from 'vitest';
import { integration, World } from './edited-world.ts';

interface Step {
  readonly kind: 'create' | 'record' | 'update' | 'delete';
  readonly email: number;
  /** Which record, or which of the shards that were made. */
  readonly at: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind'][]>('create', 'create', 'record', 'record', 'update', 'update', 'delete'),
  email: fc.integer({ min: 0, max: 4 }),
  at: fc.integer({ min: 0, max: 5 }),
});

async function take(world: World, ids: unknown[], { kind, email, at }: Step): Promise<void> {
  const values = { email: `person${email}@example.org` };
  const id = ids[at % Math.max(1, ids.length)];
  world.api.deps.clock.advance(1000);
  if (kind === 'create') ids.push((await world.create(values)).body['id']);
  else if (kind === 'record') await world.identity.apply([{ id: `p${at}`, ...values, integration }]);
  else if (id === undefined) return;
  else if (kind === 'update') expect([200, 409]).toContain((await world.update(id, values)).status);
  else expect((await world.call('DELETE', `tenant/shards/${id}`)).status).toBe(204);
}

/** In which shards there are records that say a value. */
function homesOf(world: World): Map<unknown, Set<string>> {
  const homes = new Map<unknown, Set<string>>();
  for (const shard of world.identity.shards()) {
    const said = Object.values(shard.sources).filter(({ deleted }) => !deleted);
    for (const { externalBase } of said) {
      const email = externalBase['email'];
      homes.set(email, (homes.get(email) ?? new Set()).add(shard.id));
    }
  }
  return homes;
}

it('whatever is made, seen, edited and deleted, every record has its keys, and those that match are in one shard', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const world = new World();
      const ids: unknown[] = [];
      for (const each of steps) await take(world, ids, each);
      expect(world.identity.faults()).toEqual([]);
      expect(world.api.deps.due.all()).toEqual([]);
      for (const shards of homesOf(world).values()) expect(shards.size).toBe(1);
    }),
    { numRuns: 60 },
  );
});
