import { describe, expect, it } from 'vitest';
import { ada, fieldsOf, shardOf } from '../../../../kit/ada-shard.ts';
import { routeTo, TwoWayShard } from '../../../../kit/two-way-look.ts';

describe('a field that is held', () => {
  const held = () =>
    shardOf()
      .edit(10, { name: 'Ours' })
      .see({ record: { ...ada, name: 'Theirs' }, second: 20 });

  it('stays the same conflict when either side moves on', () => {
    const shard = held();
    const before = shard.source().held;
    shard.edit(30, { name: 'Ours again' }).see({ record: { ...ada, name: 'Theirs again' }, second: 40 });
    expect(shard.source().held).toEqual(before);
    expect(shard.last).toMatchObject({ outcome: 'updated' });
  });

  it('settles itself when they go back to what both had: ours is pushed', () => {
    const shard = held().see({ record: ada, second: 30 });
    expect(shard.source().held).toMatchObject({ fields: {} });
    expect(fieldsOf(shard)).toEqual(['name']);
  });

  it('waits also when ours goes back: whoever wrote that is asked, whatever else changes there', () => {
    const shard = held().edit(30, { name: 'Ada' });
    const before = shard.source().held;
    shard.see({ record: { ...ada, name: 'Theirs', email: 'x@y.org' }, second: 40 });
    expect(shard.get().data).toMatchObject({ name: 'Ada', email: 'x@y.org' });
    expect(shard.source().held).toEqual(before);
    expect(fieldsOf(shard)).toEqual([]);
  });

  it('settles itself when another record brings what theirs is', () => {
    const shard = new TwoWayShard([routeTo('a'), routeTo('b')]).see({ record: ada, second: 0 });
    shard.see({ integration: 'b', externalId: 'q1', record: ada, second: 1, pushed: shard.pushOf([], 'create') });
    shard.edit(10, { name: 'Ours' }).see({ record: { ...ada, name: 'Theirs' }, second: 20 });
    // The other one takes what is here, and is changed to what waits there.
    shard.see({ integration: 'b', externalId: 'q1', record: { ...ada, name: 'Ours' }, second: 21 });
    shard.see({ integration: 'b', externalId: 'q1', record: { ...ada, name: 'Theirs' }, second: 30 });
    expect(shard.get().data['name']).toBe('Theirs');
    expect(shard.source().held).toMatchObject({ fields: {} });
    expect(shard.needs()).toEqual([]);
  });

  it('is not decided by the time of something else that changed there', () => {
    const shard = shardOf('newest')
      .edit(10, { name: 'Ours' })
      .see({ record: { ...ada, name: 'Theirs' }, second: 20, modifiedAt: 10 });
    const before = shard.source().held;
    expect(before?.fields).toHaveProperty('name');
    shard.see({ record: { ...ada, name: 'Theirs', email: 'x@y.org' }, second: 30 });
    expect(shard.get().data).toMatchObject({ name: 'Ours', email: 'x@y.org' });
    expect(shard.source().held).toEqual(before);
    shard.see({ record: { ...ada, name: 'Theirs anew', email: 'x@y.org' }, second: 40 });
    expect(shard.get().data['name']).toBe('Theirs anew');
  });

  it('settles itself when both come to mean the same', () => {
    const shard = held().see({ record: { ...ada, name: ' Ours' }, second: 30 });
    expect(shard.source().held).toMatchObject({ fields: {} });
    expect(fieldsOf(shard)).toEqual([]);
    expect(shard.get().data['name']).toBe('Ours');
  });

  it('that comes up again, once settled, is another conflict', () => {
    const shard = held();
    const first = shard.source().held?.conflictId;
    shard.see({ record: ada, second: 30 }).see({ record: { ...ada, name: 'Once more' }, second: 40 });
    expect(shard.source().held?.fields).toHaveProperty('name');
    expect(shard.source().held?.conflictId).not.toBe(first);
  });

  it('and another one beside it are one conflict', () => {
    const shard = held();
    const first = shard.source().held?.conflictId;
    shard
      .edit(30, { email: 'ours@example.org' })
      .see({ record: { name: 'Theirs', email: 'theirs@example.org' }, second: 40 });
    expect(shard.source().held?.conflictId).toBe(first);
    expect(Object.keys(shard.source().held?.fields ?? {}).sort()).toEqual(['email', 'name']);
    expect(shard.last).toMatchObject({ outcome: 'conflicted' });
  });
});
