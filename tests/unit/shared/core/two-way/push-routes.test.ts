import { describe, expect, it } from 'vitest';
import type { ShardDocument } from '../../../../../shared/core/documents/shard.ts';
import { routeKeyOf } from '../../../../../shared/core/two-way/doubtful-creates.ts';
import { markPushes, printOf, pushNeeds } from '../../../../../shared/core/two-way/push-routes.ts';
import { type RouteChoice, routeTo, TwoWayShard } from '../../../../kit/two-way-look.ts';

const ada = { name: 'Ada', email: 'ada@example.org' };
const toB = routeTo('b');

/** A shard with a record in `a` that `b` has not got yet. */
function shardOf(): ShardDocument {
  return new TwoWayShard([routeTo('a'), toB]).see({ record: ada, second: 0 }).get();
}

function refused(shard: ShardDocument, state: 'failed' | 'held', route = toB): ShardDocument {
  const print = printOf(shard, route, pushNeeds(shard, route));
  return {
    ...shard,
    pushProblems: { [routeKeyOf(route)]: { state, print, reason: 'no', at: '2030-01-01T00:00:00Z' } },
  };
}

function kinds(shard: ShardDocument, choice: RouteChoice = {}): string[] {
  return pushNeeds(shard, routeTo('b', choice)).map(({ kind }) => kind);
}

describe('what a shard needs at a route', () => {
  it('is a record, where records are created and it has something to show', () => {
    expect(kinds(shardOf())).toEqual(['create']);
    expect(kinds(shardOf(), { creates: false })).toEqual([]);
    expect(kinds(shardOf(), { paths: [['phone']] })).toEqual([]);
    expect(kinds({ ...shardOf(), status: 'deleted' })).toEqual([]);
    expect(kinds({ ...shardOf(), shardTypeId: 'company' })).toEqual([]);
  });

  it('are the fields that differ, where records are changed', () => {
    const shard = new TwoWayShard([routeTo('a')])
      .see({ record: ada, second: 0 })
      .edit(1, { name: 'B', phone: '1' })
      .get();
    expect(pushNeeds(shard, routeTo('a'))).toMatchObject([{ kind: 'update', fields: ['name', 'phone'] }]);
    expect(pushNeeds(shard, routeTo('a', { updates: false }))).toEqual([]);
    expect(pushNeeds(shard, routeTo('a', { paths: [['name']] }))).toMatchObject([{ fields: ['name'] }]);
  });

  it('is the deletion of each of its records, where it is deleted for all and records are deleted', () => {
    const two = new TwoWayShard([routeTo('a')])
      .see({ record: ada, second: 0 })
      .see({ record: ada, externalId: 'p2', second: 1 })
      .remove(2)
      .get();
    expect(pushNeeds(two, routeTo('a')).map(({ kind }) => kind)).toEqual(['delete', 'delete']);
    expect(pushNeeds(two, routeTo('a', { deletes: false }))).toEqual([]);
    const { deletion: _deletion, ...onlyGone } = two;
    expect(pushNeeds(onlyGone, routeTo('a'))).toEqual([]);
  });

  it('brings every record of the shard up to it', () => {
    const shard = new TwoWayShard([routeTo('a')])
      .see({ record: ada, second: 0 })
      .see({ record: { ...ada, phone: '1' }, externalId: 'p2', second: 1 })
      .get();
    expect(pushNeeds(shard, routeTo('a'))).toMatchObject([{ kind: 'update', fields: ['phone'] }]);
  });
});

describe('a shard says by integration what is to be pushed', () => {
  it('and nothing of what is up to date', () => {
    expect(shardOf().push).toEqual({ b: 'pending' });
    expect(markPushes(shardOf(), []).push).toBeUndefined();
  });

  it('refusals stand as long as the same would be pushed', () => {
    const shard = refused(shardOf(), 'failed');
    expect(markPushes(shard, [toB])).toMatchObject({ push: { b: 'failed' }, pushProblems: { [routeKeyOf(toB)]: {} } });
    const edited = markPushes({ ...shard, data: { ...shard.data, name: 'New' } }, [toB]);
    expect(edited.push).toEqual({ b: 'pending' });
    expect(edited.pushProblems).toBeUndefined();
    const unwritten = markPushes({ ...shard, data: { ...shard.data, note: 'not written there' } }, [toB]);
    expect(unwritten.push).toEqual({ b: 'failed' });
    expect(markPushes({ ...shard, data: {} }, [toB])).not.toHaveProperty('push');
  });

  it('a refusal no longer stands once the record there is another one, though it shows the same', () => {
    const world = new TwoWayShard([toB]);
    const seen = { integration: 'b', record: { name: 'Ada' } };
    world.see({ ...seen, second: 1 }).edit(2, { name: 'Eve' });
    world.shard = markPushes(refused(world.get(), 'failed'), [toB]);
    expect(world.get().push).toEqual({ b: 'failed' });
    world.see({ ...seen, second: 10 });
    expect(world.get().push).toEqual({ b: 'pending' });
    expect(world.get().pushProblems).toBeUndefined();
  });

  it('one route that is open makes the integration pending', () => {
    const other = { ...toB, object: 'leads' };
    const shard = markPushes(refused(shardOf(), 'failed'), [toB, other]);
    expect(shard.push).toEqual({ b: 'pending' });
    expect(Object.keys(shard.pushProblems ?? {})).toEqual([routeKeyOf(toB)]);
  });

  it('a create that may have happened stands whatever becomes of the shard or the routes', () => {
    const shard = refused(shardOf(), 'held');
    const edited = { ...shard, data: { ...shard.data, name: 'New' } };
    const key = routeKeyOf(toB);
    expect(markPushes(edited, [toB])).toMatchObject({
      push: { b: 'held' },
      pushProblems: { [key]: { state: 'held' } },
    });
    const deleted = { ...edited, status: 'deleted' as const };
    for (const interim of [
      markPushes(edited, []),
      markPushes(edited, [routeTo('a')]),
      markPushes(edited, [{ ...toB, creates: false }]),
      markPushes(deleted, [toB]),
      markPushes({ ...edited, data: {} }, [toB]),
    ]) {
      expect(interim.push?.['b']).toBe('held');
      expect(markPushes({ ...edited, ...definedProblems(interim) }, [toB]).push).toEqual({ b: 'held' });
    }
  });

  it('until the record turns up', () => {
    const held = new TwoWayShard([toB], refused(shardOf(), 'held'));
    held.see({ integration: 'b', externalId: 'q1', record: ada, second: 10, pushed: held.pushOf(['name'], 'create') });
    expect(held.get().pushProblems).toBeUndefined();
    expect(held.get().push).toBeUndefined();
  });
});

function definedProblems({ pushProblems }: ShardDocument): Pick<ShardDocument, 'pushProblems'> {
  return pushProblems === undefined ? { pushProblems: {} } : { pushProblems };
}
