import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../../shared/core/json.ts';
import { mergeLists } from '../../../../../shared/core/two-way/merge-lists.ts';

describe('lists', () => {
  it('are united by what both sides put in and took out', () => {
    expect(mergeLists(['a', 'b'], ['a', 'c'], ['b', 'a', 'd'])).toEqual(['a', 'c', 'd']);
    expect(mergeLists(['a', 'b'], ['b', 'a'], ['a', 'b'])).toEqual(['b', 'a']);
    expect(mergeLists(undefined, ['a'], ['b'])).toEqual(['a', 'b']);
    expect(mergeLists([1, 2], [1], [2])).toEqual([]);
    expect(mergeLists(['a'], null, ['a', 'b'])).toEqual(['b']);
  });

  it('tell a number from the text of it', () => {
    expect(mergeLists([], [1], ['1'])).toEqual([1, '1']);
  });

  it('may be texts, in the way in which they were written', () => {
    expect(mergeLists('a;b', 'a;b;c', 'b')).toBe('b;c');
    expect(mergeLists('a, b', 'a, b, c', 'a')).toBe('a, c');
    expect(mergeLists(undefined, 'a', 'b;c')).toBe('a;b;c');
    expect(mergeLists('a\nb', 'a', 'a\nb\nc')).toBe('a\nc');
    expect(mergeLists('Tools, small;Paint', 'Tools, small', 'Tools, small;Paint;Wood')).toBe('Tools, small;Wood');
  });

  it.each<[string, Json | undefined, Json | undefined, Json | undefined]>([
    ['texts without a separator', 'a', 'b', 'c'],
    ['a text and a list', ['a'], 'a', ['b']],
    ['numbers', 1, 2, 3],
    ['objects', { a: 1 }, { a: 2 }, { a: 3 }],
    ['lists of objects', [{ a: 1 }], [{ a: 2 }], []],
    ['nothing', undefined, null, undefined],
  ])('are not %s', (_what, base, ours, theirs) => {
    expect(mergeLists(base, ours, theirs)).toBeUndefined();
  });
});

const items: fc.Arbitrary<string[]> = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 6 });

describe('whatever both sides do to a list', () => {
  it('nothing put in is lost, nothing taken out comes back, nothing else happens', () => {
    fc.assert(
      fc.property(items, items, items, (base, ours, theirs) => {
        const merged = mergeLists(base, ours, theirs) as string[];
        expect(new Set(merged).size).toBe(merged.length);
        for (const item of ['a', 'b', 'c', 'd', 'e', 'f']) {
          const [inBase, inOurs, inTheirs] = [base, ours, theirs].map((list) => list.includes(item));
          expect(merged.includes(item), item).toBe(inBase ? inOurs && inTheirs : inOurs || inTheirs);
        }
      }),
    );
  });

  it('it comes to the same from either side, and to the one that moved where the other did not', () => {
    fc.assert(
      fc.property(items, items, items, (base, ours, theirs) => {
        const here = mergeLists(base, ours, theirs) as string[];
        const there = mergeLists(base, theirs, ours) as string[];
        expect([...here].sort()).toEqual([...there].sort());
        expect([...(mergeLists(base, ours, base) as string[])].sort()).toEqual([...ours].sort());
        expect([...(mergeLists(base, ours, ours) as string[])].sort()).toEqual([...ours].sort());
      }),
    );
  });

  it('texts of items come to the same as lists', () => {
    fc.assert(
      fc.property(items, items, items, fc.constantFrom(';', '; ', ',', ', ', '\n'), (base, ours, theirs, separator) => {
        const texts = [base, ours, theirs].map((list) => list.join(separator));
        fc.pre(texts.some((text) => text.includes(separator)));
        const merged = mergeLists(texts[0], texts[1], texts[2]);
        expect(merged).toBe((mergeLists(base, ours, theirs) as string[]).join(separator));
      }),
    );
  });
});
