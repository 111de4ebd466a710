import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../../../local/cosmos/json.ts';
import { type OpenContainer, openContainer } from './open-container.ts';

let opened: OpenContainer;

/** Letters whose lower case is more or other than it seems, and characters that mean something to LIKE and JSON. */
const characters = [...'aAkKiIsé%_\\" \0\nxy', '\u212a', '\u0130', '\u0131', '\u017f', 'ß', '\u1e9e', 'É', '😀'];
const text = fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((parts) => parts.join(''));

beforeAll(() => {
  opened = openContainer();
});
afterAll(() => opened.close());

describe('searching text in any case', () => {
  it.each([
    ['CONTAINS', (value: string, part: string) => value.includes(part)],
    ['STARTSWITH', (value: string, part: string) => value.startsWith(part)],
    ['ENDSWITH', (value: string, part: string) => value.endsWith(part)],
    ['STRINGEQUALS', (value: string, part: string) => value === part],
  ])('%s finds what lower case finds, with and without indexes', (name, isFound) => {
    // Enough documents that queries are given an index, which carries the searched text.
    const texts = fc.sample(text, { numRuns: 600, seed: 7 });
    opened.insert(texts.map((value, index) => ({ id: `${name}${index}`, pk: name, text: value })));
    return fc.assert(
      fc.property(fc.oneof(text, fc.constantFrom('', 'k', 'i', 'ki', 'aki')), (part) => {
        const query = `SELECT VALUE c.text FROM c WHERE ${name}(c.text, @part, true) ORDER BY c.id DESC`;
        const found = opened.read({ query, parameters: [{ name: '@part', value: part }] }, [name]) as string[];
        const wanted = texts.filter((value) => isFound(value.toLowerCase(), part.toLowerCase()));
        expect(found.toSorted()).toEqual(wanted.toSorted());
      }),
      { numRuns: 100 },
    );
  });

  it('leaves out what is no text', () => {
    const values: Json[] = [null, 1, true, ['k'], { k: 'k' }, 'k'];
    opened.insert(values.map((value, index) => ({ id: `mixed${index}`, pk: 'mixed', text: value })));
    const query = 'SELECT VALUE c.text FROM c WHERE CONTAINS(c.text, "K", true)';
    expect(opened.read({ query }, ['mixed'])).toEqual(['k']);
    const negated = 'SELECT VALUE c.text FROM c WHERE NOT CONTAINS(c.text, "x", true)';
    expect(opened.read({ query: negated }, ['mixed'])).toEqual(['k']);
  });
});
