import { describe, expect, it } from 'vitest';
import type { ConflictPolicy } from '../../../../../shared/contracts/conflict-policy.ts';
import { routeTo, TwoWayShard } from '../../../../kit/two-way-look.ts';

const ada = { name: 'Ada', email: 'ada@example.org' };

/** A shard with a record in `a` and one in `b`, both as the shard is. */
function shardOf(policy: ConflictPolicy = 'manual'): TwoWayShard {
  const shard = new TwoWayShard([routeTo('a', { policy }), routeTo('b', { policy })]).see({ record: ada, second: 0 });
  return shard.see({ integration: 'b', externalId: 'q1', record: ada, second: 1, pushed: shard.pushOf([], 'create') });
}

const kinds = (shard: TwoWayShard, integration: string) => shard.needs(integration).map(({ kind }) => kind);

describe('a record that is deleted there', () => {
  it('is deleted everywhere, when nothing was edited meanwhile', () => {
    const shard = shardOf().see({ second: 10 });
    expect(shard.get()).toMatchObject({ status: 'deleted', deletion: { by: expect.any(String) } });
    expect(kinds(shard, 'a')).toEqual([]);
    expect(kinds(shard, 'b')).toEqual(['delete']);
    shard.see({ integration: 'b', externalId: 'q1', second: 20, pushed: { kind: 'delete', fields: [], data: {} } });
    expect(shard.get().push).toBeUndefined();
  });

  it('is deleted nowhere else when its task only pulls', () => {
    const shard = new TwoWayShard([routeTo('b')]).see({ record: ada, second: 0 });
    shard.see({ integration: 'b', externalId: 'q1', record: ada, second: 1, pushed: shard.pushOf([], 'create') });
    shard.see({ second: 10 });
    expect(shard.get().status).toBe('active');
    expect(shard.needs('b')).toEqual([]);
  });

  it('is deleted nowhere else when its task archives, and the shard stays as long as it has another record', () => {
    const shard = shardOf().see({ second: 10, archives: true });
    expect(shard.get().status).toBe('active');
    expect(shard.needs('a')).toEqual([]);
    expect(shard.needs('b')).toEqual([]);
    shard.see({ integration: 'b', externalId: 'q1', second: 20, archives: true });
    expect(shard.get().status).toBe('archived');
    expect(shard.get().push).toBeUndefined();
  });

  it('is not deleted elsewhere as long as another record of the same kind stands for it', () => {
    const shard = shardOf().see({ externalId: 'p2', record: ada, second: 5 }).see({ second: 10 });
    expect(shard.get().status).toBe('active');
    expect(kinds(shard, 'b')).toEqual([]);
    shard.see({ externalId: 'p2', second: 20 });
    expect(shard.get().status).toBe('deleted');
    expect(kinds(shard, 'b')).toEqual(['delete']);
  });

  const edited = (policy: ConflictPolicy, editedAt = 10, deletedAt = 20) =>
    shardOf(policy).edit(editedAt, { name: 'Ours' }).see({ second: 30, modifiedAt: deletedAt });

  it.each<[ConflictPolicy, number, number, string]>([
    ['external_wins', 10, 20, 'delete'],
    ['internal_wins', 10, 20, 'keep'],
    ['merge', 10, 20, 'keep'],
    ['newest', 10, 20, 'delete'],
    ['newest', 20, 10, 'keep'],
    ['newest', 20, 20, 'ask'],
    ['manual', 10, 20, 'ask'],
  ])('and was edited here: %s (edited at %i, deleted at %i) comes to "%s"', (policy, editedAt, deletedAt, outcome) => {
    const shard = edited(policy, editedAt, deletedAt);
    if (outcome === 'delete') {
      expect(shard.get().status).toBe('deleted');
      expect(kinds(shard, 'b')).toEqual(['delete']);
      expect(shard.source().held).toBeUndefined();
    } else if (outcome === 'keep') {
      expect(shard.get()).toMatchObject({ status: 'active', data: { name: 'Ours' } });
      expect(kinds(shard, 'a')).toEqual(['create']);
      expect(kinds(shard, 'b')).toEqual(['update']);
    } else {
      expect(shard.last).toMatchObject({ outcome: 'conflicted' });
      expect(shard.get()).toMatchObject({ status: 'active', data: { name: 'Ours' } });
      expect(shard.source().held).toMatchObject({ fields: {}, deletion: 'there' });
      expect(kinds(shard, 'a')).toEqual([]);
    }
  });

  it.each<[ConflictPolicy, string]>([
    ['external_wins', 'delete'],
    ['internal_wins', 'keep'],
    ['merge', 'keep'],
    ['newest', 'ask'],
    ['manual', 'ask'],
  ])('with an edit at another system that waits for a person: %s %s', (policy, decision) => {
    const routes = [routeTo('a', { policy }), routeTo('b', { policy: 'manual' })];
    const shard = new TwoWayShard(routes).see({ record: ada, second: 0 });
    shard.see({ integration: 'b', externalId: 'q1', record: ada, second: 1, pushed: shard.pushOf([], 'create') });
    shard
      .edit(5, { name: 'Ours' })
      .see({ record: { ...ada, name: 'Ours' }, second: 6, pushed: shard.pushOf(['name']) });
    shard.see({ integration: 'b', externalId: 'q1', record: { ...ada, name: 'Theirs' }, second: 10 });
    expect(shard.source('b', 'q1').held?.fields).toHaveProperty('name');
    shard.see({ second: 20 });
    expect(shard.get().status).toBe(decision === 'delete' ? 'deleted' : 'active');
    expect(kinds(shard, 'a')).toEqual(decision === 'keep' ? ['create'] : []);
    expect(kinds(shard, 'b')).toEqual(decision === 'delete' ? ['delete'] : []);
    expect(shard.source().held?.deletion).toBe(decision === 'ask' ? 'there' : undefined);
  });

  it('by our own write, while the shard comes to life again, is created anew', () => {
    const shard = shardOf('external_wins').remove(10);
    shard.see({ integration: 'b', externalId: 'q1', record: { ...ada, name: 'Back' }, second: 20 });
    expect(kinds(shard, 'a')).toEqual(['update']);
    shard.see({ second: 30, pushed: { kind: 'delete', fields: [], data: {} } });
    expect(shard.get()).toMatchObject({ status: 'active', data: { name: 'Back' } });
    expect(kinds(shard, 'a')).toEqual(['create']);
  });

  it.each<[ConflictPolicy, string]>([
    ['external_wins', 'deleted'],
    ['internal_wins', 'active'],
    ['manual', 'active'],
  ])(
    'before anybody saw what we had created is as if it had been edited here: by %s the shard is %s',
    (policy, status) => {
      const shard = new TwoWayShard([routeTo('a'), routeTo('b', { policy })]).see({ record: ada, second: 0 });
      shard.see({ integration: 'b', externalId: 'q1', second: 10 });
      expect(shard.get().status).toBe(status);
      expect(kinds(shard, 'b')).toEqual(policy === 'internal_wins' ? ['create'] : []);
      expect(shard.source('b', 'q1').held?.deletion).toBe(policy === 'manual' ? 'there' : undefined);
    },
  );

  it('when its create is answered is deleted everywhere, unless it was edited here since it was sent', () => {
    const made = () => new TwoWayShard([routeTo('a'), routeTo('b')]).see({ record: ada, second: 0 });
    const pushed = made().pushOf(['name', 'email'], 'create');
    const answer = { integration: 'b', externalId: 'q1', second: 10, pushed };
    expect(made().see(answer).get().status).toBe('deleted');
    const edited = made().edit(5, { name: 'Ours' }).see(answer);
    expect(edited.get().status).toBe('active');
    expect(edited.source('b', 'q1').held?.deletion).toBe('there');
  });

  it('is created anew once, and is done with then', () => {
    const shard = edited('internal_wins');
    shard.see({
      externalId: 'p2',
      record: { ...ada, name: 'Ours' },
      second: 40,
      pushed: shard.pushOf(['name', 'email'], 'create'),
    });
    expect(shard.source('a', 'p1').recreate).toBeUndefined();
    expect(shard.needs('a')).toEqual([]);
    expect(shard.get().status).toBe('active');
  });

  it('is not created anew any more once another record of it was found', () => {
    const shard = edited('internal_wins').see({ externalId: 'p2', record: { ...ada, name: 'Ours' }, second: 40 });
    expect(shard.source('a', 'p1').recreate).toBeUndefined();
    shard.see({ externalId: 'p2', second: 50, archives: true });
    expect(shard.needs('a')).toEqual([]);
  });

  it('and comes back is as it was before: nothing is written without a difference', () => {
    const shard = new TwoWayShard([routeTo('a')]).see({ record: ada, second: 0 }).edit(5, { phone: '040 123 456' });
    const shown = { ...ada, phone: '+38640123456' };
    shard.see({ record: shown, second: 6, pushed: shard.pushOf(['phone']) });
    expect(shard.needs()).toEqual([]);
    shard.see({ second: 10 }).see({ record: shown, second: 20 });
    expect(shard.get()).toMatchObject({ status: 'active', data: { phone: '040 123 456' } });
    expect(shard.needs()).toEqual([]);
  });

  it('and comes back is what it was to the other systems as well', () => {
    const shard = shardOf().see({ second: 10 });
    shard.see({ integration: 'b', externalId: 'q1', second: 20, pushed: { kind: 'delete', fields: [], data: {} } });
    shard.see({ record: { ...ada, name: 'Back' }, second: 30 });
    expect(shard.get()).toMatchObject({ status: 'active', data: { name: 'Back' } });
    expect(kinds(shard, 'b')).toEqual(['create']);
    expect(shard.needs('a')).toEqual([]);
  });

  it('while a field was held: when it comes back, the field is held again', () => {
    const shard = shardOf()
      .edit(10, { name: 'Ours' })
      .see({ record: { ...ada, name: 'Theirs' }, second: 20 });
    expect(shard.source().held?.fields).toHaveProperty('name');
    shard.see({ second: 30 });
    expect(shard.source().held).toMatchObject({ deletion: 'there' });
    shard.see({ record: { ...ada, name: 'Theirs' }, second: 40 });
    expect(shard.source().held?.deletion).toBeUndefined();
    expect(shard.source().held?.fields).toEqual({ name: { externalBase: 'Ada', internalBase: 'Ada' } });
    expect(kinds(shard, 'a')).toEqual([]);
  });

  it('after a conflict that was settled is another one', () => {
    const shard = shardOf()
      .edit(10, { name: 'Ours' })
      .see({ record: { ...ada, name: 'Theirs' }, second: 20 });
    const first = shard.source().held?.conflictId;
    shard.see({ record: ada, second: 30 }).see({ second: 40 });
    expect(shard.source().held).toMatchObject({ deletion: 'there' });
    expect(shard.source().held?.conflictId).not.toBe(first);
  });
});

describe('a shard that is deleted here', () => {
  it('is deleted everywhere', () => {
    const shard = shardOf().remove(10);
    expect(kinds(shard, 'a')).toEqual(['delete']);
    expect(kinds(shard, 'b')).toEqual(['delete']);
    expect(shard.get().push).toEqual({ a: 'pending', b: 'pending' });
    shard.see({ second: 20, pushed: { kind: 'delete', fields: [], data: {} } });
    expect(shard.get().push).toEqual({ b: 'pending' });
    expect(shard.get().status).toBe('deleted');
  });

  it('is not brought back by a look that shows nothing new', () => {
    const shard = shardOf().remove(10).see({ record: ada, second: 20 });
    expect(shard.get().status).toBe('deleted');
    expect(kinds(shard, 'a')).toEqual(['delete']);
  });

  it.each<[ConflictPolicy, number, string]>([
    ['external_wins', 20, 'keep'],
    ['internal_wins', 20, 'delete'],
    ['merge', 20, 'keep'],
    ['newest', 20, 'keep'],
    ['newest', 5, 'delete'],
    ['newest', 10, 'ask'],
    ['manual', 20, 'ask'],
  ])('and was edited there: %s (edited at %i) comes to "%s"', (policy, editedAt, outcome) => {
    const shard = shardOf(policy)
      .remove(10)
      .see({ record: { ...ada, name: 'Theirs' }, second: 30, modifiedAt: editedAt });
    if (outcome === 'keep') {
      expect(shard.get()).toMatchObject({ status: 'active', data: { name: 'Theirs' } });
      expect(shard.get().deletion).toBeUndefined();
      expect(kinds(shard, 'a')).toEqual([]);
      expect(kinds(shard, 'b')).toEqual(['update']);
    } else if (outcome === 'delete') {
      expect(shard.get().status).toBe('deleted');
      expect(kinds(shard, 'a')).toEqual(['delete']);
    } else {
      expect(shard.last).toMatchObject({ outcome: 'conflicted' });
      expect(shard.get().status).toBe('deleted');
      expect(shard.source().held).toMatchObject({ deletion: 'here' });
      expect(kinds(shard, 'a')).toEqual([]);
      expect(kinds(shard, 'b')).toEqual(['delete']);
    }
  });

  it('and was edited there before a write of ours that is seen with it asks: the time is that of the write', () => {
    const shard = shardOf('newest').edit(5, { name: 'Ours' });
    const sent = { ...shard.pushOf(['name']), looked: true, supposed: true } as const;
    shard
      .remove(10)
      .see({ record: { ...ada, name: 'Ours', phone: '040 1' }, second: 30, modifiedAt: 20, pushed: sent });
    expect(shard.get().status).toBe('deleted');
    expect(shard.source().held).toMatchObject({ deletion: 'here' });
    expect(kinds(shard, 'a')).toEqual([]);
  });

  it('and comes back by an edit there gets its other records anew', () => {
    const shard = shardOf('external_wins').remove(10);
    shard.see({ integration: 'b', externalId: 'q1', second: 20, pushed: { kind: 'delete', fields: [], data: {} } });
    shard.see({ record: { ...ada, name: 'Theirs' }, second: 30 });
    expect(shard.get().status).toBe('active');
    expect(kinds(shard, 'b')).toEqual(['create']);
  });

  it('and is deleted there as well needs nothing', () => {
    const shard = shardOf().remove(10).see({ second: 20 });
    expect(kinds(shard, 'a')).toEqual([]);
    expect(kinds(shard, 'b')).toEqual(['delete']);
  });
});
