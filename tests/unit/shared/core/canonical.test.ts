import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText, sameValue, shortHash } from '../../../../shared/core/canonical.ts';
import type { Json } from '../../../../shared/core/json.ts';

const json = fc.jsonValue() as fc.Arbitrary<Json>;

/** The same value with the keys of all its objects in another order. */
function shuffled(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(shuffled);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, shuffled(field)]),
  );
}

describe('canonical text', () => {
  it('is the same whatever the order of keys', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalText(shuffled(value))).toBe(canonicalText(value));
      }),
    );
  });

  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalText(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('differs for different values', () => {
    fc.assert(
      fc.property(json, json, (left, right) => {
        const same =
          JSON.stringify(JSON.parse(canonicalText(left))) === JSON.stringify(JSON.parse(canonicalText(right)));
        expect(sameValue(left, right)).toBe(same);
      }),
    );
    const alike: Json[] = [null, 'null', 0, '0', false, '', [], {}, [null], { a: null }, [[]], '[]'];
    expect(new Set(alike.map((value) => shortHash(canonicalText(value)))).size).toBe(alike.length);
  });

  it('knows a __proto__ key for a field', () => {
    const hostile = JSON.parse('{"__proto__":{"a":1}}') as Json;
    expect(canonicalText(hostile)).toBe('{"__proto__":{"a":1}}');
    expect(sameValue(hostile, {})).toBe(false);
  });

  it('counts an absent field and an undefined one as the same, and null as another', () => {
    expect(sameValue({ a: undefined as unknown as Json }, {})).toBe(true);
    expect(sameValue({ a: null }, {})).toBe(false);
    expect(sameValue(undefined, null)).toBe(false);
  });
});

describe('two values are the same', () => {
  const small = fc.jsonValue({ maxDepth: 2, noUnicodeString: true }) as fc.Arbitrary<Json>;

  it('exactly when their canonical texts are', () => {
    fc.assert(
      fc.property(small, small, (left, right) => {
        expect(sameValue(left, right)).toBe(canonicalText(left) === canonicalText(right));
        expect(sameValue(left, shuffled(left))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('also with fields that are absent, inherited or named like a prototype', () => {
    expect(sameValue({ a: 1, b: undefined } as unknown as Json, { a: 1 })).toBe(true);
    expect(sameValue({ a: undefined } as unknown as Json, { b: undefined } as unknown as Json)).toBe(true);
    expect(sameValue({ a: 1 }, { b: 1 })).toBe(false);
    expect(sameValue({ toString: null }, {})).toBe(false);
    expect(sameValue(JSON.parse('{"__proto__":{}}'), {})).toBe(false);
    expect(sameValue(JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}'))).toBe(true);
    expect(sameValue([], {})).toBe(false);
    expect(sameValue([undefined] as unknown as Json, [null])).toBe(false);
  });
});
