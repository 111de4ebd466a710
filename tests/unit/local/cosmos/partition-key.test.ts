import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalKey,
  keyOfDocument,
  parseDefinition,
  parseKeyComponents,
  prefixesOf,
  scopeFromHeader,
  splitPath,
} from '../../../../local/cosmos/partition-key.ts';

const component = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const definition = parseDefinition({ paths: ['/a', '/b', '/c'], kind: 'MultiHash' });

describe('canonical partition keys', () => {
  it('are equal exactly when type and value of every part are', () => {
    return fc.assert(
      fc.property(
        fc.array(component, { minLength: 3, maxLength: 3 }),
        fc.array(component, { minLength: 3, maxLength: 3 }),
        (left, right) => {
          const same = left.every((part, index) => part === right[index]);
          expect(canonicalKey(left) === canonicalKey(right)).toBe(same);
        },
      ),
    );
  });

  it('are the same from a document, a header and a prefix', () => {
    return fc.assert(
      fc.property(component, component, component, (a, b, c) => {
        const key = keyOfDocument({ a, b, c }, definition);
        expect(canonicalKey(parseKeyComponents(JSON.stringify([a, b, c])))).toBe(key);
        expect(scopeFromHeader(JSON.stringify([a, b, c]), definition)).toEqual({ kind: 'partition', key });
        const scopes = [[a], [a, b]].map((parts) => scopeFromHeader(JSON.stringify(parts), definition));
        expect(scopes.map((scope) => (scope.kind === 'prefix' ? scope.prefix : undefined))).toEqual(
          prefixesOf(key, definition),
        );
      }),
    );
  });

  it('tell a missing property from null', () => {
    const single = parseDefinition({ paths: ['/a'] });
    expect(keyOfDocument({}, single)).toBe('[{}]');
    expect(keyOfDocument({ a: null }, single)).toBe('[null]');
    expect(() => keyOfDocument({ a: [1] }, single)).toThrow('must be a scalar');
  });
});

describe('paths', () => {
  it.each([
    ['/a', ['a']],
    ['/a/b', ['a', 'b']],
    ['/"a b"/c', ['a b', 'c']],
    ['/"a/b"', ['a/b']],
  ])('%s', (path, names) => {
    expect(splitPath(path)).toEqual(names);
  });

  it.each(['', '/', 'a', '/a//b', '/"a'])('%s is refused', (path) => {
    expect(() => splitPath(path)).toThrow('invalid');
  });
});
