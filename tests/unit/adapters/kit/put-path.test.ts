import { expect, test } from 'vitest';
import { putPath } from '../../../../adapters/kit/put-path.ts';

test('a value is put into a copy, beside what is there', () => {
  const before = { a: { b: 1 }, c: 2 };
  expect(putPath(before, 'a.d.e', 3)).toEqual({ a: { b: 1, d: { e: 3 } }, c: 2 });
  expect(before).toEqual({ a: { b: 1 }, c: 2 });
  expect(putPath({ a: 'text' }, 'a.b', null)).toEqual({ a: { b: null } });
});

test('an inherited name is a member like any other', () => {
  expect(Object.keys(putPath({}, '__proto__.polluted', true))).toEqual(['__proto__']);
  expect(Object.keys(putPath({}, 'constructor.x', true))).toEqual(['constructor']);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});
