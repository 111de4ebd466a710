import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apiOrigin } from '../../../../shared/contracts/identifiers.ts';
import { changeShard } from '../../../../shared/core/change-shard.ts';
import type { Cause } from '../../../../shared/core/documents/cause.ts';
import type { ShardDocument } from '../../../../shared/core/documents/shard.ts';
import { deleteShardHere, editShard } from '../../../../shared/core/edit-shard.ts';
import type { JsonObject } from '../../../../shared/core/json.ts';
import { findOwnLink, findOwnSource, observeOwn, ownLinkId } from '../../../../shared/core/own-record.ts';
import { planShard } from '../../../../shared/core/plan-shard.ts';
import { at, routeTo, TwoWayShard } from '../../../kit/two-way-look.ts';

const route = routeTo('a');
const causeAt = (second: number): Cause => ({ kind: 'person', id: `req_${second}`, actorId: 'ada', at: at(second) });

/** A shard that provider `a` feeds. */
function fed(record: JsonObject): TwoWayShard {
  return new TwoWayShard([route]).see({ second: 1, record });
}

/** A shard that was made here. */
function made(data: JsonObject, second = 1): ShardDocument {
  const record = { shardTypeId: 'contact', externalId: 'shd_own', data, deleted: false };
  const observation = observeOwn(record, at(second), '');
  const input = { ...new TwoWayShard([route]).inputOf({ second }), integrationId: apiOrigin };
  const link = {
    id: ownLinkId(record),
    tenantId: 'acme',
    schemaVersion: 1 as const,
    integrationId: apiOrigin,
    object: 'contact',
    externalId: 'shd_own',
    shardTypeId: 'contact',
    shardId: 'shd_1',
    state: 'pending' as const,
    observed: { fence: 1, page: 0 },
  };
  const plan = planShard(input, link, observation, undefined);
  if (plan.kind !== 'write') throw new Error('a new record makes a shard');
  return plan.document;
}

describe('an edit', () => {
  test('is what the records lack, and is undone by no look at them', () => {
    const world = fed({ name: 'Ada', email: 'ada@example.org', address: { city: 'London' } });
    world.shard = editShard(world.get(), { name: 'Countess', address: { city: null } }, causeAt(2), [route]);
    expect(world.get()).toMatchObject({ revision: 2, push: { a: 'pending' }, text: 'countess ada@example.org' });
    expect(world.needs()).toMatchObject([{ kind: 'update', fields: ['name', 'address.city'] }]);
    world.see({ second: 3, record: { name: 'Ada', email: 'ada@example.org', address: { city: 'London' } } });
    expect(world.get().data).toMatchObject({ name: 'Countess', address: {} });
    world.shard = editShard(world.get(), { name: 'Ada', address: { city: 'London' } }, causeAt(4), [route]);
    expect(world.get().push).toBeUndefined();
  });

  test('says of each field since when it stands, and of the objects it is in', () => {
    const shard = fed({ name: 'Ada', email: 'a' }).get();
    const edited = editShard(shard, { email: 'b', address: { city: 'Bath' } }, causeAt(5), []);
    const here = { at: at(5), by: 'req_5' };
    expect(edited.edits).toEqual({ email: here, address: here, 'address.city': here });
  });

  test('that changes nothing is none', () => {
    const shard = fed({ name: 'Ada', email: 'a' }).get();
    expect(editShard(shard, { name: 'Ada', phone: null }, causeAt(2), [route])).toBe(shard);
  });

  test('leaves the bases of the records as they are', () => {
    const json = fc.constantFrom<JsonObject[string]>('x', 'y', null, 7);
    const patches = fc.array(fc.record({ name: json, email: json, phone: json }, { requiredKeys: [] }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(patches, (given) => {
        const world = fed({ name: 'x', email: 'y' });
        const { sources } = world.get();
        let expected: JsonObject = { ...world.get().data } as JsonObject;
        for (const [index, patch] of given.entries()) {
          world.shard = editShard(world.get(), patch as JsonObject, causeAt(index + 2), [route]);
          expected = Object.fromEntries(
            Object.entries({ ...expected, ...patch }).filter(([, value]) => value !== null),
          ) as JsonObject;
        }
        expect(world.get().sources).toEqual(sources);
        expect(world.get().data).toEqual(expected);
        expect(world.needs().length > 0).toBe(world.get().push !== undefined);
      }),
    );
  });
});

describe('a shard that was made here', () => {
  test('is to be created elsewhere, and has a record of its own', () => {
    const shard = made({ name: 'Ada' });
    expect(shard).toMatchObject({ revision: 1, data: { name: 'Ada' }, push: { a: 'pending' } });
    expect(findOwnSource(shard)?.source.externalBase).toEqual({ name: 'Ada' });
  });

  test('says by its record what was said here last, and by whom', () => {
    const edited = editShard(made({ name: 'Ada', phone: '1' }), { phone: '2', name: null }, causeAt(9), [route]);
    expect(findOwnSource(edited)?.source).toMatchObject({ externalBase: { phone: '2' }, modifiedAt: at(9) });
    expect(findOwnSource(edited)?.source.externalBase).not.toHaveProperty('name');
    expect(findOwnLink(edited, 'req_9')).toBe(findOwnSource(edited)?.linkId);
    expect(findOwnLink(edited, 'req_8')).toBeUndefined();
  });

  test('is said later than before, also by a clock that is behind', () => {
    const shard = made({ name: 'Ada' }, 50);
    const before = findOwnSource(shard)?.source.observed.fence ?? 0;
    const edited = editShard(shard, { name: 'Bee' }, causeAt(2), [route]);
    expect(findOwnSource(edited)?.source.observed.fence).toBe(before + 1);
  });
});

describe('a deletion here', () => {
  test('is pushed, and is not undone by a record that is still there', () => {
    const world = fed({ name: 'Ada' });
    world.shard = deleteShardHere(world.get(), causeAt(2), [route]);
    expect(world.get()).toMatchObject({ status: 'deleted', revision: 2, deletion: { by: 'req_2', at: at(2) } });
    expect(world.needs()).toMatchObject([{ kind: 'delete' }]);
    world.see({ second: 3, record: { name: 'Ada' } });
    expect(world.get().status).toBe('deleted');
    expect(deleteShardHere(world.get(), causeAt(4), [route])).toBe(world.get());
  });

  test('ends the record of its own, and a shard made anew is there again', () => {
    const shard = deleteShardHere(made({ name: 'Ada' }), causeAt(2), [route]);
    expect(findOwnSource(shard)).toBeUndefined();
    expect(findOwnLink(shard, 'req_2')).toBeDefined();
    expect(shard.push).toBeUndefined();
    const revived = changeShard(shard, { status: 'active' }, causeAt(3), [route]);
    expect(revived).toMatchObject({ status: 'active', revision: 3 });
    expect(revived.deletion).toBeUndefined();
    expect(Object.values(revived.sources).every(({ recreate }) => recreate === undefined)).toBe(true);
  });
});
