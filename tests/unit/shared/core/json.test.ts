import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyJson, type Json } from '../../../../shared/core/json.ts';

/** Every object and list within a value. */
function partsOf(value: Json): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(partsOf)];
}

describe('a copy', () => {
  it('is equal and shares nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue() as fc.Arbitrary<Json>, (value) => {
        const copy = copyJson(value);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        const parts = new Set(partsOf(value));
        expect(partsOf(copy).some((part) => parts.has(part))).toBe(false);
      }),
    );
  });

  it('keeps a field named like a prototype a field', () => {
    const copy = copyJson(JSON.parse('{"__proto__":{"admin":true}}') as Json) as object;
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect('admin' in copy).toBe(false);
  });
});
