import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findLink } from '../../../../adapters/kit/link-header.ts';

test.each<[string | undefined, string | undefined]>([
  [undefined, undefined],
  ['', undefined],
  ['</a>; rel="next"', '/a'],
  ['</a>; rel=next', '/a'],
  ['</a>;REL=NEXT', '/a'],
  ['</a>; rel="last next"', '/a'],
  ['</a>; rel="prev", </b?x=1,2;3>; title="a, \\"b\\"; rel=next"; rel="next"', '/b?x=1,2;3'],
  ['</a>; rel=prev; rel=next', undefined],
  ['</a>; rel="nextish", </b>; rel', undefined],
  ['</a>, </b>; rel=next', '/b'],
  ['<https://crm.example/a?p=2>; rel="next"; type="x"; hreflang*=UTF-8\'\'de', 'https://crm.example/a?p=2'],
  ['<>; rel=next', ''],
  ['nonsense', undefined],
])('%s', (header, expected) => {
  expect(findLink(header, 'next')).toBe(expected);
});

test('comes to an end with any text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', ';', ',', '"', '\\', '=', 'rel', 'next', ' ', 'a') }),
      (text) => {
        const found = findLink(text, 'next');
        expect(found === undefined || text.includes(`<${found}>`)).toBe(true);
      },
    ),
  );
});
