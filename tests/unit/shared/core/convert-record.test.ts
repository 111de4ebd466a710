import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMapping, mappingVersion, type ObjectMapping } from '../../../../shared/core/convert-record.ts';
import { readPath, removePath, writePath } from '../../../../shared/core/field-path.ts';
import type { Json, JsonObject } from '../../../../shared/core/json.ts';
import { applyTransforms, Unreadable } from '../../../../shared/core/transforms.ts';

type Field = ObjectMapping['fields'][number];
const field = (to: string, from = to, change: Partial<Field> = {}): Field => ({
  to,
  from,
  transforms: [],
  required: false,
  ...change,
});
const mappingOf = (...fields: Field[]): ObjectMapping => ({ object: 'people', shardTypeId: 'contact', fields });
const convert = (record: JsonObject, ...fields: Field[]) => compileMapping(mappingOf(...fields)).convert(record);

describe('a conversion', () => {
  it('reads nested fields and array items, and leaves out what is not there', () => {
    const record = { person: { names: ['Ana', 'Maria'] }, empty: null };
    const fields = [
      field('first', 'person.names.0'),
      field('a.b', 'person.names.5'),
      field('none', 'empty.x'),
      field('empty'),
    ];
    expect(convert(record, ...fields)).toEqual({ ok: true, data: { first: 'Ana', empty: null } });
  });

  it.each([[undefined], [null], ['']])('sets aside a record whose required field is %j', (value) => {
    const record: JsonObject = value === undefined ? {} : { id: value };
    expect(convert(record, field('id', 'id', { required: true }))).toEqual({
      ok: false,
      reason: 'Required field "id" is missing or empty.',
    });
  });

  it('takes false and 0 for values', () => {
    const fields = [field('a', 'a', { required: true }), field('b', 'b', { required: true })];
    expect(convert({ a: false, b: 0 }, ...fields)).toEqual({ ok: true, data: { a: false, b: 0 } });
  });

  it('names the field that it cannot read', () => {
    expect(convert({ age: 'x' }, field('age', 'age', { transforms: ['number'] }))).toEqual({
      ok: false,
      reason: 'Field "age" is not a number.',
    });
  });

  it('never reads what a record inherits', () => {
    const fields = [field('a', 'constructor'), field('b', 'toString'), field('c', 'x.length')];
    expect(convert({ x: 'text' }, ...fields)).toEqual({ ok: true, data: {} });
  });

  it('has a version that follows what the mapping does', () => {
    const one = mappingVersion(mappingOf(field('a'), field('b')));
    expect(mappingVersion(mappingOf(field('a'), field('b')))).toBe(one);
    expect(mappingVersion(mappingOf(field('b'), field('a')))).not.toBe(one);
    expect(mappingVersion(mappingOf(field('a'), field('b', 'b', { transforms: ['trim'] })))).not.toBe(one);
  });
});

describe('a transform', () => {
  it.each<[Parameters<typeof applyTransforms>[1], Json, Json]>([
    [['trim', 'upper'], '  é ', 'É'],
    [['string'], 1.5, '1.5'],
    [['string'], { a: 1 }, '{"a":1}'],
    [['number'], ' -1.5e3 ', -1500],
    [['number'], '.5', 0.5],
    [['boolean'], 'Yes', true],
    [['boolean'], 0, false],
    [['first', 'trim'], [' a ', 'b'], 'a'],
    [['instant'], 1_700_000_000, '2023-11-14T22:13:20.000Z'],
    [['instant'], 1_700_000_000_000, '2023-11-14T22:13:20.000Z'],
    [['instant'], '2024-02-29T12:00:00+02:00', '2024-02-29T10:00:00.000Z'],
    [['trim', 'number'], null, null],
    [['trim'], 5, 5],
  ])('%j of %j is %j', (names, value, wanted) => {
    expect(applyTransforms(value, names)).toEqual(wanted);
  });

  it.each<[Parameters<typeof applyTransforms>[1], Json]>([
    [['number'], ''],
    [['number'], '0x10'],
    [['number'], '1,5'],
    [['number'], '1e999'],
    [['number'], Number.POSITIVE_INFINITY],
    [['boolean'], 'maybe'],
    [['boolean'], []],
    [['instant'], '31.12.2024'],
    [['instant'], '2024-13-01'],
    [['instant'], 1e300],
  ])('%j refuses %j', (names, value) => {
    expect(() => applyTransforms(value, names)).toThrow(Unreadable);
  });

  it('of nothing is nothing', () => {
    expect(applyTransforms([], ['first', 'trim'])).toBeUndefined();
  });
});

describe('a path', () => {
  const part = fc.constantFrom('a', 'b', 'c');
  const path = fc.array(part, { minLength: 1, maxLength: 4 });
  const target = fc.dictionary(
    part,
    fc.oneof(fc.constant('x'), fc.dictionary(part, fc.constant('y'))),
  ) as fc.Arbitrary<JsonObject>;

  it('reads what was written there', () => {
    fc.assert(
      fc.property(target, path, (object, at) => {
        writePath(object, at, 'value');
        expect(readPath(object, at)).toBe('value');
      }),
    );
  });

  it('leaves nothing behind when it is removed', () => {
    fc.assert(
      fc.property(path, (at) => {
        const object: JsonObject = {};
        writePath(object, at, 'value');
        removePath(object, at);
        expect(object).toEqual({});
      }),
    );
  });

  it('removes nothing else', () => {
    const object: JsonObject = { a: { b: 1, c: 2 }, d: 'text' };
    removePath(object, ['a', 'b']);
    removePath(object, ['d', 'length']);
    removePath(object, ['x', 'y']);
    expect(object).toEqual({ a: { c: 2 }, d: 'text' });
  });
});
