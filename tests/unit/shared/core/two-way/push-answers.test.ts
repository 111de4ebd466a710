import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../../shared/core/json.ts';
import { ada, fieldsOf, shardOf } from '../../../../kit/ada-shard.ts';
import { at, type Look, routeTo, TwoWayShard } from '../../../../kit/two-way-look.ts';

describe('the answer to a push', () => {
  it('has the time of the push: nothing else that has changed there is the newer for it', () => {
    const shard = shardOf('newest').edit(10, { name: 'Ours', email: 'ours@example.org' });
    const data = { ...ada, email: 'ours@example.org' };
    shard.see({
      record: { ...data, name: 'Theirs' },
      second: 30,
      pushed: { kind: 'update', fields: ['email'], data },
    });
    expect(shard.get().data['name']).toBe('Ours');
    expect(shard.source().held?.fields).toHaveProperty('name');
  });

  const written: JsonObject = { ...ada, phone: '040 123 456' };
  const shown: JsonObject = { ...ada, phone: '+38640123456' };
  const edited = (versioned = true) =>
    new TwoWayShard([routeTo('a')]).see({ record: ada, second: 0, versioned }).edit(10, { phone: '040 123 456' });
  const answer = (shard: TwoWayShard, look: Partial<Look> = {}): TwoWayShard =>
    shard.see({ record: shown, second: 20, pushed: { kind: 'update', fields: ['phone'], data: written }, ...look });

  it('that shows the value otherwise is agreed on: nothing is pushed, nothing is changed here', () => {
    const shard = answer(edited());
    expect(shard.needs()).toEqual([]);
    expect(shard.get().push).toBeUndefined();
    expect(shard.get().data['phone']).toBe('040 123 456');
    expect(shard.source()).toMatchObject({
      externalBase: { phone: '+38640123456' },
      internalBase: { phone: { value: '040 123 456' } },
    });
    shard.see({ record: shown, second: 30 });
    expect(shard.get().data['phone']).toBe('040 123 456');
    expect(shard.needs()).toEqual([]);
  });

  it('that shows what was there before, because the provider makes that of it, is agreed on as well', () => {
    const shard = answer(edited().edit(11, { name: ' Ada ' }), {
      pushed: { kind: 'update', fields: ['name', 'phone'], data: { ...written, name: ' Ada ' } },
    });
    expect(shard.needs()).toEqual([]);
    expect(shard.get().data['name']).toBe(' Ada ');
  });

  it('that shows the value otherwise: who writes it that way here has nothing to be pushed', () => {
    const shard = answer(edited()).edit(30, { phone: '+38640123456' });
    expect(shard.needs()).toEqual([]);
    shard.see({ record: { ...shown, phone: '1' }, second: 40 });
    expect(shard.get().data['phone']).toBe('1');
    expect(shard.source().held).toBeUndefined();
  });

  it('is not what a look from before shows, also where one field said the same before', () => {
    const data = { ...written, name: ' Ada ' };
    const shard = answer(edited(false).edit(11, { name: ' Ada ' }), {
      record: { ...shown, name: 'Ada' },
      versioned: false,
      pushed: { kind: 'update', fields: ['name', 'phone'], data },
    });
    const supposed = { kind: 'update', fields: ['name'], data, looked: true, supposed: true } as const;
    shard.see({ record: ada, second: 30, beganAt: 15, versioned: false, pushed: supposed });
    expect(shard.get().data).toMatchObject({ name: ' Ada ', phone: '040 123 456' });
    expect(shard.needs()).toEqual([]);
  });

  it('leaves to be pushed what was edited while it was written', () => {
    const shard = answer(edited().edit(15, { phone: '040 999 999' }));
    expect(fieldsOf(shard)).toEqual(['phone']);
    expect(shard.get().data['phone']).toBe('040 999 999');
  });

  it('takes what else has changed there', () => {
    const shard = answer(edited(), { record: { ...shown, name: 'Theirs' } });
    expect(shard.get().data).toMatchObject({ name: 'Theirs', phone: '040 123 456' });
    expect(shard.needs()).toEqual([]);
  });

  it('ends a conflict about what was written', () => {
    const shard = edited().see({ record: { ...ada, phone: '1' }, second: 15 });
    expect(shard.source().held?.fields).toHaveProperty('phone');
    answer(shard);
    expect(shard.source().held).toMatchObject({ fields: {} });
    expect(shard.needs()).toEqual([]);
  });

  it('comes after a look that saw what was written: whatever that made of it, both agree', () => {
    for (const versioned of [true, false]) {
      const odd = { ...shown, phone: 'cut off' };
      const shard = edited(versioned).see({ record: odd, second: 30, modifiedAt: 20, versioned });
      answer(shard, { record: odd, versioned });
      expect(shard.source().held?.fields ?? {}, String(versioned)).toEqual({});
      expect(shard.needs(), String(versioned)).toEqual([]);
    }
  });

  it('comes after a look that saw what was written, undone and written again: the newer look stands', () => {
    const shard = edited().see({ record: shown, second: 30 });
    answer(shard);
    expect(shard.source()).toMatchObject({ externalVersion: Date.parse(at(30)), modifiedAt: at(30) });
    expect(shard.needs()).toEqual([]);
  });

  it('comes after a look that saw it changed again: it is too old to count', () => {
    const shard = edited().see({ record: { ...shown, phone: '2' }, second: 30 });
    answer(shard);
    expect(shard.last?.kind).toBe('stale');
    expect(shard.source().externalBase['phone']).toBe('2');
  });

  it('that was looked up after the write, and shows something else, shows an edit made there since', () => {
    const pushed = { kind: 'update' as const, fields: ['phone'], data: written, looked: true as const };
    const theirs = { ...shown, phone: '1' };
    const shard = answer(edited(), { record: theirs, pushed });
    expect(shard.get().data['phone']).toBe('1');
    expect(shard.needs()).toEqual([]);
    const first = shard.get();
    answer(shard, { record: theirs, pushed });
    expect(shard.last?.kind).toBe('in-place');
    expect(shard.get()).toEqual(first);
    const both = answer(edited().edit(15, { phone: '2' }), { record: theirs, pushed });
    expect(both.source().held?.fields['phone']).toEqual({ externalBase: '040 123 456', internalBase: '040 123 456' });
    expect(answer(edited(), { pushed }).get().data['phone']).toBe('040 123 456');
  });

  it('applied twice is written once', () => {
    for (const versioned of [true, false]) {
      const shard = answer(edited(versioned), { versioned });
      const first = shard.get();
      answer(shard, { versioned });
      expect(shard.last?.kind).toBe('in-place');
      expect(shard.get()).toEqual(first);
    }
  });

  it('that empties a field is agreed on, whether the provider shows nothing or null', () => {
    for (const record of [{ name: 'Ada' }, { name: 'Ada', email: null }]) {
      const shard = new TwoWayShard([routeTo('a')])
        .see({ record: { name: 'Ada', email: 'ada@example.org' }, second: 0 })
        .edit(10, { email: undefined });
      expect(fieldsOf(shard)).toEqual(['email']);
      shard.see({ record, second: 20, pushed: shard.pushOf(['email']) });
      expect(shard.needs()).toEqual([]);
      expect(shard.get().data).toEqual({ name: 'Ada' });
    }
  });
});

describe('a look that began before a write had ended, at a provider without versions', () => {
  const pushed = () => {
    const shard = new TwoWayShard([routeTo('a')])
      .see({ record: ada, second: 0, versioned: false })
      .edit(10, { name: 'Ours' });
    return shard.see({
      record: { ...ada, name: 'Ours' },
      second: 20,
      versioned: false,
      pushed: shard.pushOf(['name']),
    });
  };

  it('says nothing: what it shows may have been overwritten', () => {
    for (const name of ['Ada', 'Between']) {
      const shard = pushed().see({ record: { ...ada, name }, second: 21, beganAt: 19, versioned: false });
      expect(shard.last?.kind).toBe('stale');
      expect(shard.get().data['name']).toBe('Ours');
      expect(shard.needs()).toEqual([]);
    }
  });

  it('says nothing either when the answer was applied twice', () => {
    const shard = pushed();
    shard.see({ record: { ...ada, name: 'Ours' }, second: 20, versioned: false, pushed: shard.pushOf(['name']) });
    shard.see({ record: ada, second: 21, beganAt: 19, versioned: false });
    expect(shard.get().data['name']).toBe('Ours');
  });

  it('does not stop the next one, which may show the same', () => {
    const shard = pushed()
      .see({ record: ada, second: 21, beganAt: 19, versioned: false })
      .see({ record: ada, second: 22, versioned: false });
    expect(shard.get().data['name']).toBe('Ada');
    expect(shard.needs()).toEqual([]);
  });
});

describe('a look that began before a write had ended, at a provider whose versions are seconds', () => {
  const pushed = () => {
    const shard = new TwoWayShard([routeTo('a')]).see({ record: ada, second: 0 }).edit(10, { name: 'Ours' });
    return shard.see({ record: { ...ada, name: 'Ours' }, second: 20, pushed: shard.pushOf(['name']) });
  };

  it('says nothing where it has the version of what was written', () => {
    const shard = pushed().see({ record: ada, second: 21, beganAt: 20, modifiedAt: 20 });
    expect(shard.last?.kind).toBe('stale');
    expect(shard.get().data['name']).toBe('Ours');
  });

  it('says what it shows where its version is a later one, or it began later', () => {
    const later = pushed().see({ record: ada, second: 21, beganAt: 20, modifiedAt: 21 });
    expect(later.get().data['name']).toBe('Ada');
    const next = pushed().see({ record: ada, second: 21, modifiedAt: 20 });
    expect(next.get().data['name']).toBe('Ada');
  });
});
