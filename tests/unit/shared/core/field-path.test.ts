import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPath, removePath, writePath } from '../../../../shared/core/field-path.ts';
import type { JsonObject } from '../../../../shared/core/json.ts';

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
