import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameValue } from '../../../../../shared/core/canonical.ts';
import type { Json, JsonObject } from '../../../../../shared/core/json.ts';
import type { FieldChoice } from '../../../../../shared/core/two-way/decide-conflict.ts';
import { isWaiting } from '../../../../../shared/core/two-way/held-values.ts';
import { type Choice, decide, holdOf, linkTo, pushAll, takeAll, undo } from '../../../../kit/decided-shard.ts';
import { at, routeTo, TwoWayShard } from '../../../../kit/two-way-look.ts';

const fields = ['name', 'email'] as const;

/** Values that differ in more than how they are written. */
const value = fc.constantFrom<Json>('Ana', 'Bor', 'Cene', 'Darja', 7, ['x', 'y'], null);
const sides = fc.record({ name: value, email: value });

function shardWith(integrations: readonly string[] = ['a', 'b']): TwoWayShard {
  return new TwoWayShard(integrations.map((each) => routeTo(each)));
}

/** Both sides edited fields that they had agreed on; what they came to differently is held. */
function conflictOf(base: JsonObject, ours: JsonObject, theirs: JsonObject): TwoWayShard {
  const world = shardWith().see({ record: base, second: 0 });
  pushAll(world, 1);
  return world.edit(10, ours).see({ record: { ...base, ...theirs }, second: 20 });
}

const choice: fc.Arbitrary<FieldChoice> = fc.oneof(
  fc.constantFrom<FieldChoice>({ take: 'ours' }, { take: 'theirs' }),
  value.map((each): FieldChoice => ({ take: 'value', value: each })),
);
const choices = fc.record({ name: choice, email: choice });

const chosen = (each: FieldChoice, ours: Json | undefined, theirs: Json | undefined): Json | undefined => {
  if (each.take === 'value') return each.value;
  return each.take === 'ours' ? ours : theirs;
};

/** Only of what is held. */
function choiceFor(world: TwoWayShard, wanted: Record<string, FieldChoice>): Choice {
  const held = Object.keys(world.source().held?.fields ?? {});
  return { fields: Object.fromEntries(held.map((field) => [field, wanted[field] ?? { take: 'ours' }])) };
}

const inConflict = fc
  .record({ base: sides, ours: sides, theirs: sides, choices })
  .map((each) => ({ ...each, world: conflictOf(each.base, each.ours, each.theirs) }))
  .filter(({ world }) => isWaiting(world.source().held));

function showing(world: TwoWayShard, field: string): Json | undefined {
  return world.source().externalBase[field] as Json | undefined;
}

/** Without what says which write it was, and what an undo notes of the other side. */
function essence(world: TwoWayShard): unknown {
  const { cause: _cause, revision: _revision, updatedAt: _updatedAt, ...rest } = world.get();
  return JSON.parse(JSON.stringify(rest, (key, each) => (key === 'theirs' ? undefined : each)));
}

describe('a decision', () => {
  it('is what the shard has then, and what differs from what the other side shows is pushed there', () => {
    fc.assert(
      fc.property(inConflict, ({ world, choices: wanted }) => {
        const before = world.get();
        const decision = choiceFor(world, wanted);
        decide(world, 30, decision);
        expect(isWaiting(world.source().held)).toBe(false);
        const needed = world.needs('a').flatMap((need) => (need.kind === 'update' ? need.fields : [need.kind]));
        for (const [field, each] of Object.entries(decision.fields)) {
          const decided = chosen(each, before.data[field] as Json, showing(world, field));
          expect(world.get().data[field]).toEqual(decided);
          expect(needed.includes(field)).toBe(!sameValue(decided, showing(world, field)));
          expect(world.get().edits?.[field]).toMatchObject({ at: at(30) });
        }
      }),
    );
  });

  it('leads to both sides having the same once it is pushed, and to nothing being pushed again', () => {
    fc.assert(
      fc.property(inConflict, ({ world, choices: wanted }) => {
        decide(world, 30, choiceFor(world, wanted));
        pushAll(world, 40);
        for (const integration of ['a', 'b']) {
          expect(world.needs(integration)).toEqual([]);
          for (const field of fields)
            expect(world.source(integration).externalBase[field]).toEqual(world.get().data[field]);
        }
        expect(world.get().push).toBeUndefined();
      }),
    );
  });

  it('makes a revision only where a value changes', () => {
    fc.assert(
      fc.property(inConflict, ({ world, choices: wanted }) => {
        const { revision, data } = world.get();
        decide(world, 30, choiceFor(world, wanted));
        expect(world.get().revision).toBe(sameValue(world.get().data as Json, data as Json) ? revision : revision + 1);
        if (world.get().revision > revision)
          expect(world.get().cause).toMatchObject({ kind: 'conflict', actorId: 'ana' });
      }),
    );
  });

  it('leaves what is not decided about as it is', () => {
    const world = conflictOf({ name: 'Ana', email: 'x' }, { name: 'Bor', email: 'y' }, { name: 'Cene', email: 'z' });
    decide(world, 30, { fields: { name: { take: 'theirs' } } });
    expect(Object.keys(world.source().held?.fields ?? {})).toEqual(['email']);
    expect(world.get().data).toMatchObject({ name: 'Cene', email: 'y' });
  });

  it('settles what another source holds of the field, where that shows the same', () => {
    const world = conflictOf({ name: 'Ana' }, { name: 'Bor' }, { name: 'Cene' }).see({
      integration: 'b',
      record: { name: 'Cene' },
      second: 25,
    });
    expect(isWaiting(world.source('b').held)).toBe(true);
    decide(world, 30, { fields: { name: { take: 'theirs' } } });
    expect(isWaiting(world.source('b').held)).toBe(false);
    expect(world.needs('b')).toEqual([]);
  });
});

describe('a decision that is taken back', () => {
  it('before it was pushed leaves nothing of itself', () => {
    fc.assert(
      fc.property(inConflict, ({ world, choices: wanted }) => {
        const before = essence(world);
        const decided = decide(world, 30, choiceFor(world, wanted));
        expect(undo(world, 35, decided).kind).toBe('undone');
        expect(essence(world)).toEqual(before);
      }),
    );
  });

  it('after it was pushed writes nothing there until a new decision, which is about what theirs was', () => {
    fc.assert(
      fc.property(inConflict, choices, ({ world, choices: wanted }, others) => {
        const before = holdOf(world);
        const decided = decide(world, 30, choiceFor(world, wanted));
        pushAll(world, 40);
        expect(undo(world, 50, decided).kind).toBe('undone');
        const held = Object.keys(decided.taken.fields);
        expect(world.needs('a').flatMap((need) => (need.kind === 'update' ? need.fields : []))).toEqual([]);
        expect(holdOf(world)?.version).toBe(before?.version);
        world.see({ record: { ...world.source().externalBase, phone: '+386 1 2' } as JsonObject, second: 55 });
        expect(holdOf(world)?.version).toBe(before?.version);
        decide(
          world,
          60,
          { fields: Object.fromEntries(held.map((field) => [field, others[field as 'name']])) },
          'a',
          2,
        );
        for (const field of held) {
          const was = decided.taken.before[field];
          const wish = others[field as 'name'];
          expect(world.get().data[field]).toEqual(chosen(wish, was?.ours, was?.theirs));
        }
        pushAll(world, 70);
        expect(world.needs('a')).toEqual([]);
        for (const field of held) expect(showing(world, field)).toEqual(world.get().data[field]);
      }),
    );
  });

  it('while it was being pushed waits all the same when the answer comes', () => {
    const world = conflictOf({ name: 'Ana' }, { name: 'Bor' }, { name: 'Cene' });
    const decided = decide(world, 30, { fields: { name: { take: 'value', value: 'Darja' } } });
    const pushed = world.pushOf(['name']);
    undo(world, 35, decided);
    world.see({ record: pushed.data, second: 40, pushed });
    expect(world.get().data['name']).toBe('Bor');
    expect(isWaiting(world.source().held)).toBe(true);
    expect(world.needs('a')).toEqual([]);
    decide(world, 50, { fields: takeAll(['name'], 'theirs') }, 'a', 2);
    expect(world.get().data['name']).toBe('Cene');
    expect(world.needs('a')).toMatchObject([{ fields: ['name'] }]);
  });

  it('is not where a value has been changed since, which is named', () => {
    const world = conflictOf({ name: 'Ana', email: 'x' }, { name: 'Bor', email: 'y' }, { name: 'Cene', email: 'z' });
    const decided = decide(world, 30, { fields: takeAll(fields, 'theirs') });
    world.edit(35, { email: 'w' });
    const before = essence(world);
    expect(undo(world, 40, decided)).toMatchObject({ kind: 'refused', fields: ['email'] });
    expect(essence(world)).toEqual(before);
  });

  it('is not where the record has a new conflict, or is gone', () => {
    const world = conflictOf({ name: 'Ana' }, { name: 'Bor' }, { name: 'Cene' });
    const decided = decide(world, 30, { fields: takeAll(['name'], 'theirs') });
    const again = world
      .copy()
      .edit(35, { email: 'y' })
      .see({ record: { name: 'Cene', email: 'z' }, second: 40 });
    expect(undo(again, 45, decided)).toMatchObject({ kind: 'refused', reason: expect.stringContaining('waits') });
    const gone = world.copy().see({ second: 40 });
    expect(undo(gone, 45, decided)).toMatchObject({ kind: 'refused', reason: expect.stringContaining('deleted') });
  });
});

describe('a record that was deleted there and edited here', () => {
  const deletedThere = () => {
    const world = shardWith().see({ record: { name: 'Ana' }, second: 0 });
    pushAll(world, 1);
    return world.edit(10, { name: 'Bor' }).see({ second: 20 });
  };

  it('is deleted everywhere, or created there anew', () => {
    const world = deletedThere();
    expect(holdOf(world)).toMatchObject({ about: 'deletion', deleted: { where: 'there' } });
    const deleted = world.copy();
    decide(deleted, 30, { fields: {}, deletion: 'delete' });
    expect(deleted.get()).toMatchObject({ status: 'deleted', deletion: { by: linkTo('a'), at: at(30) } });
    expect(deleted.needs('b')).toMatchObject([{ kind: 'delete' }]);
    decide(world, 30, { fields: {}, deletion: 'keep' });
    expect(world.get().status).toBe('active');
    expect(world.needs('a')).toEqual([{ kind: 'create' }]);
    pushAll(world, 40);
    expect([...world.needs('a'), ...world.needs('b')]).toEqual([]);
  });

  it('waits again after an undo, unless others have followed already', () => {
    for (const deletion of ['keep', 'delete'] as const) {
      const world = deletedThere();
      const before = essence(world);
      const decided = decide(world, 30, { fields: {}, deletion });
      const followed = world.copy();
      expect(undo(world, 40, decided).kind).toBe('undone');
      expect(essence(world)).toEqual(before);
      pushAll(followed, 35);
      expect(undo(followed, 40, decided)).toMatchObject({ kind: 'refused' });
    }
  });
});

describe('a record that was deleted here and edited there', () => {
  const deletedHere = () => {
    const world = shardWith().see({ record: { name: 'Ana' }, second: 0 });
    pushAll(world, 1);
    return world.remove(10).see({ record: { name: 'Bor' }, second: 20 });
  };

  it('is deleted there as well, or lives again', () => {
    const world = deletedHere();
    expect(holdOf(world)).toMatchObject({ about: 'deletion', deleted: { where: 'here' } });
    expect(world.needs('a')).toEqual([]);
    const deleted = world.copy();
    decide(deleted, 30, { fields: {}, deletion: 'delete' });
    expect(deleted.needs('a')).toMatchObject([{ kind: 'delete' }]);
    decide(world, 30, { fields: {}, deletion: 'keep' });
    expect(world.get()).toMatchObject({ status: 'active', data: { name: 'Bor' } });
    expect(world.get().deletion).toBeUndefined();
    pushAll(world, 40);
    expect([...world.needs('a'), ...world.needs('b')]).toEqual([]);
    expect(world.source('b').externalBase['name']).toBe('Bor');
  });

  it('waits again after an undo, unless others have followed already', () => {
    for (const deletion of ['keep', 'delete'] as const) {
      const world = deletedHere();
      const before = essence(world);
      const decided = decide(world, 30, { fields: {}, deletion });
      expect(undo(world, 40, decided).kind).toBe('undone');
      expect(essence(world)).toEqual(before);
    }
    const world = deletedHere();
    const decided = decide(world, 30, { fields: {}, deletion: 'delete' });
    pushAll(world, 35);
    expect(undo(world, 40, decided)).toMatchObject({ kind: 'refused' });
  });
});
