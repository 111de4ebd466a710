import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPath } from '../../../../adapters/kit/read-path.ts';

test.each([
  [{ a: { b: [{ c: 1 }] } }, 'a.b.0.c', 1],
  [{ '@odata.nextLink': 'u' }, '@odata.nextLink', 'u'],
  [{ d: { '@odata.nextLink': 'u' } }, 'd.@odata.nextLink', 'u'],
  [{ 'a.b': 1, a: { b: 2 } }, 'a.b', 1],
  [{ a: null }, 'a', null],
  [{ a: null }, 'a.b', undefined],
  [{ a: 'text' }, 'a.length', undefined],
  [{ a: [1, 2] }, 'a.length', undefined],
  [[1, 2], '1', 2],
  [undefined, 'a', undefined],
])('%o at %s', (value, path, expected) => {
  expect(readPath(value, path)).toBe(expected);
});

test('never leaves the data for a prototype', () => {
  const names = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'length', 'a', '0', 'map');
  fc.assert(
    fc.property(fc.array(names, { minLength: 1, maxLength: 4 }), fc.jsonValue(), (path, value) => {
      const found = readPath({ a: value }, path.join('.'));
      expect(typeof found).not.toBe('function');
      expect(found).not.toBe(Object.prototype);
      expect(found).not.toBe(Array.prototype);
    }),
  );
});
