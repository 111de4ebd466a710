import { describe, expect, it } from 'vitest';
import type { ConflictPolicy } from '../../../../../shared/contracts/conflict-policy.ts';
import type { JsonObject } from '../../../../../shared/core/json.ts';
import { ada, fieldsOf, shardOf } from '../../../../kit/ada-shard.ts';
import { at, routeTo, TwoWayShard } from '../../../../kit/two-way-look.ts';

describe('edits of different fields', () => {
  it('are both kept, and each side gets the other one’s', () => {
    const shard = shardOf()
      .edit(10, { name: 'Augusta Ada' })
      .see({ record: { ...ada, email: 'new@example.org' }, second: 20 });
    expect(shard.get().data).toEqual({ ...ada, name: 'Augusta Ada', email: 'new@example.org' });
    expect(fieldsOf(shard)).toEqual(['name']);
    expect(shard.get().edits).toMatchObject({ name: { at: at(10), by: 'ada' }, email: { at: at(20) } });
  });
});

describe('edits of one field', () => {
  const both = (policy: ConflictPolicy, ours = 10, theirs = 20) =>
    shardOf(policy)
      .edit(ours, { name: 'Ours' })
      .see({ record: { ...ada, name: 'Theirs' }, second: 30, modifiedAt: theirs });

  it('are settled by the policy', () => {
    expect(both('external_wins').get().data['name']).toBe('Theirs');
    expect(fieldsOf(both('external_wins'))).toEqual([]);
    expect(both('internal_wins').get().data['name']).toBe('Ours');
    expect(fieldsOf(both('internal_wins'))).toEqual(['name']);
    expect(both('newest').get().data['name']).toBe('Theirs');
    expect(both('newest', 20, 10).get().data['name']).toBe('Ours');
    expect(fieldsOf(both('newest', 20, 10))).toEqual(['name']);
    for (const policy of ['external_wins', 'internal_wins', 'newest'] as const) {
      expect(both(policy).source().held).toBeUndefined();
      expect(both(policy).last).toMatchObject({ outcome: 'updated' });
    }
  });

  it('are held for a person, neither taken nor pushed, with what both agreed on', () => {
    const shard = both('manual');
    expect(shard.last).toMatchObject({ outcome: 'conflicted' });
    expect(shard.get().data['name']).toBe('Ours');
    expect(fieldsOf(shard)).toEqual([]);
    expect(shard.source().held?.fields).toEqual({ name: { externalBase: 'Ada', internalBase: 'Ada' } });
    expect(shard.source().externalBase['name']).toBe('Theirs');
  });

  it('are held for nobody once nothing is pushed any more and the record has gone on', () => {
    const shard = new TwoWayShard([], both('manual').get());
    shard.see({ record: { ...ada, name: 'Later' }, second: 40 });
    expect(shard.get().data['name']).toBe('Later');
    expect(shard.source().held?.fields).toEqual({});
  });

  it('do not hold the other fields', () => {
    const shard = both('manual').edit(40, { email: 'new@example.org' });
    expect(fieldsOf(shard)).toEqual(['email']);
  });

  it('go by the policy of the field', () => {
    const shard = shardOf('manual', { address: 'external_wins' })
      .edit(10, { name: 'Ours', 'address.city': 'Ours' })
      .see({ record: { ...ada, name: 'Theirs', address: { city: 'Theirs' } }, second: 20 });
    expect(shard.get().data).toMatchObject({ name: 'Ours', address: { city: 'Theirs' } });
    expect(Object.keys(shard.source().held?.fields ?? {})).toEqual(['name']);
  });

  it('of lists are united, and what the other side lacks of them is pushed', () => {
    const shard = new TwoWayShard([routeTo('a', { policy: 'merge' })])
      .see({ record: { tags: ['x', 'y'] }, second: 0 })
      .edit(10, { tags: ['x', 'y', 'ours'] })
      .see({ record: { tags: ['y', 'theirs'] }, second: 20 });
    expect(shard.get().data['tags']).toEqual(['y', 'ours', 'theirs']);
    expect(fieldsOf(shard)).toEqual(['tags']);
  });

  it('in a task that only pulls: what the match rules prefer holds', () => {
    const shard = new TwoWayShard([routeTo('b')])
      .see({ record: ada, second: 0 })
      .edit(10, { name: 'Ours' })
      .see({ record: { ...ada, name: 'Theirs' }, second: 20 });
    expect(shard.get().data['name']).toBe('Theirs');
    expect(shard.source().held).toBeUndefined();
  });
});

describe('the first meeting of a record with a shard that is there', () => {
  const meet = (shard: TwoWayShard, record: JsonObject, second: number, modifiedAt = second) =>
    shard.see({ integration: 'b', externalId: 'q1', record, second, modifiedAt });

  it('takes the newer values, keeps what only one has, and has each side brought up to it', () => {
    const shard = meet(shardOf(), { name: 'Augusta', email: 'ada@example.org', phone: '1' }, 10);
    expect(shard.get().data).toEqual({ ...ada, name: 'Augusta', phone: '1' });
    expect(fieldsOf(shard, 'a')).toEqual(['name', 'phone']);
    expect(fieldsOf(shard, 'b')).toEqual(['address.city']);
    const older = meet(shardOf(), { name: 'Augusta' }, 10, -10);
    expect(older.get().data['name']).toBe('Ada');
    expect(fieldsOf(older, 'b')).toEqual(['name', 'email', 'address.city']);
  });

  it('keeps an edit that was made here since: it has to be pushed to both', () => {
    const rules = { version: 1, rules: [], strategy: 'prefer_internal' as const, fieldStrategies: {} };
    const shard = new TwoWayShard([routeTo('a'), routeTo('b')], shardOf().get(), rules).edit(5, { name: 'Ours' });
    meet(shard, { ...ada, name: 'Augusta' }, 10);
    expect(shard.get().data['name']).toBe('Ours');
    expect(fieldsOf(shard, 'a')).toEqual(['name']);
    expect(fieldsOf(shard, 'b')).toEqual(['name']);
  });
});
