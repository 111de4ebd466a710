import { describe, expect, it } from 'vitest';
import { changeShard } from '../../../../shared/core/change-shard.ts';
import type { Cause } from '../../../../shared/core/documents/cause.ts';
import { type ShardDocument, type ShardSource, shardDocument } from '../../../../shared/core/documents/shard.ts';
import { undoShard } from '../../../../shared/core/rollback/undo-shard.ts';
import { pushNeeds } from '../../../../shared/core/two-way/push-routes.ts';
import { sampleShard } from '../../../kit/sample-documents.ts';
import { routeTo } from '../../../kit/two-way-look.ts';

const at = '2030-01-02T00:00:00.000Z';
const cause: Cause = { kind: 'rollback', id: 'exe_r', actorId: 'ada', undoes: 'exe_x', at };
const routes = [routeTo('a'), routeTo('b')];
const before = { name: 'Ana', email: 'ana@x.si' };
const after = { name: 'Bine', email: 'ana@x.si' };

function sourceOf(integrationId: string, change: Partial<ShardSource> = {}): ShardSource {
  return {
    integrationId,
    object: 'people',
    externalId: 'p1',
    externalBase: after,
    observed: { fence: 1, page: 0 },
    deleted: false,
    last: { executionId: 'exe_x', page: 0, outcome: 'updated' },
    ...change,
  };
}

function shardOf(change: Partial<ShardDocument> = {}): ShardDocument {
  const sources = { 'link-a': sourceOf('a'), 'link-b': sourceOf('b') };
  return sampleShard('acme', { shardTypeId: 'contact', data: after, sources, ...change });
}

function needsOf(shard: ShardDocument): unknown[] {
  shardDocument.parse(shard);
  return routes.flatMap((route) => pushNeeds(shard, route).map((need) => [route.integrationId, need]));
}

const image = { status: 'active' as const, data: before, updatedAt: at };
const how = { cause, routes, acceptProvider: false };

describe('a change that is decided here', () => {
  it('is what every other side lacks, and says since when', () => {
    const changed = changeShard(shardOf(), { data: before }, cause, routes);
    expect(changed).toMatchObject({ revision: 2, data: before, cause, edits: { name: { at, by: 'exe_r' } } });
    expect(changed.push).toEqual({ a: 'pending', b: 'pending' });
    expect(changed.sources['link-a']?.externalBase).toEqual(after);
    expect(Object.keys(changed.edits ?? {})).toEqual(['name']);
  });

  it('lacks nowhere when it is no change', () => {
    const same = changeShard(shardOf(), { data: { ...after } }, cause, routes);
    expect([same.revision, same.push, same.edits, same.cause]).toEqual([1, undefined, undefined, undefined]);
  });

  it('lets go of what it settles: a field that has become what the other side shows, and a record that was deleted there when the shard is deleted as well', () => {
    const held = (fields: object, deletion?: 'there') => ({
      conflictId: 'conflict_1',
      since: at,
      fields: { ...fields },
      ...(deletion === undefined ? {} : { deletion }),
    });
    const base = { externalBase: 'Cene', internalBase: 'Cene' };
    const source = sourceOf('a', { externalBase: before, held: held({ name: base }) });
    const shard = shardOf({ sources: { 'link-a': source } });
    const met = changeShard(shard, { data: before }, cause, routes);
    expect(met.sources['link-a']?.held?.fields).toEqual({});
    expect(changeShard(shard, { data: { ...after, name: 'Dane' } }, cause, routes).sources['link-a']).toEqual(source);
    const gone = sourceOf('a', { deleted: true, held: held({}, 'there') });
    const deleted = changeShard(shardOf({ sources: { 'link-a': gone } }), { status: 'deleted' }, cause, routes);
    expect(deleted.sources['link-a']?.held?.deletion).toBeUndefined();
  });

  it('deletes for all, and brings back what was deleted elsewhere', () => {
    const deleted = changeShard(shardOf(), { status: 'deleted' }, cause, routes);
    expect(deleted).toMatchObject({ status: 'deleted', deletion: { by: 'exe_r', at } });
    expect(needsOf(deleted)).toEqual([
      ['a', { kind: 'delete', linkId: 'link-a' }],
      ['b', { kind: 'delete', linkId: 'link-b' }],
    ]);
    const gone = shardOf({
      status: 'deleted',
      deletion: { by: 'link-a', at },
      sources: { 'link-a': sourceOf('a', { deleted: true }), 'link-b': sourceOf('b') },
    });
    const back = changeShard(gone, { status: 'active' }, cause, routes);
    expect(back.deletion).toBeUndefined();
    expect(needsOf(back)).toEqual([['a', { kind: 'create' }]]);
  });
});

describe('what is taken back', () => {
  it('goes to the other sides', () => {
    const restored = undoShard(shardOf(), { kind: 'restore', revision: 1, image }, how);
    expect(restored.data).toEqual(before);
    expect(needsOf(restored)).toEqual([
      ['a', { kind: 'update', linkId: 'link-a', fields: ['name'] }],
      ['b', { kind: 'update', linkId: 'link-b', fields: ['name'] }],
    ]);
    expect(needsOf(undoShard(shardOf(), { kind: 'delete' }, how))).toHaveLength(2);
  });

  it('goes nowhere when the provider is to be accepted, and the next look takes what it shows', () => {
    const accepting = { ...how, acceptProvider: true };
    const restored = undoShard(shardOf(), { kind: 'restore', revision: 1, image }, accepting);
    expect(needsOf(restored)).toEqual([]);
    expect(restored.sources['link-a']?.externalBase).toEqual(before);
    const deleted = undoShard(shardOf(), { kind: 'delete' }, accepting);
    expect([deleted.status, deleted.deletion, needsOf(deleted)]).toEqual(['deleted', undefined, []]);
    expect(deleted.sources['link-a']?.externalBase).toEqual({});
  });

  it('says which revision it is again', () => {
    expect(undoShard(shardOf(), { kind: 'restore', revision: 1, image }, how).cause?.restores).toBe(1);
    expect(undoShard(shardOf(), { kind: 'delete' }, how).cause?.restores).toBe(0);
  });
});
