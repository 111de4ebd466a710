import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEtag, isMatch, parseIfMatch } from '../../../../shared/core/etag.ts';

const version = fc.string({ unit: fc.constantFrom(...'0123456789abcdef-'), minLength: 1 });

describe('entity tags', () => {
  it('come back as they were given out, also among others', () => {
    fc.assert(
      fc.property(version, fc.array(version), fc.boolean(), (stored, others, quoted) => {
        const given = quoted ? `"${stored}"` : stored;
        const tags = [...others.map(formatEtag), formatEtag(given)];
        const ifMatch = parseIfMatch(tags.join(' , '));
        expect(ifMatch).toEqual(tags);
        expect(isMatch(ifMatch, given)).toBe(true);
        expect(isMatch(parseIfMatch(`W/${formatEtag(given)}`), given)).toBe(false);
        expect(isMatch(parseIfMatch(formatEtag(`${stored}x`)), given)).toBe(false);
      }),
    );
  });

  it('match anything under *, and without a condition', () => {
    expect(isMatch(parseIfMatch(' * '), 'a')).toBe(true);
    expect(isMatch(undefined, 'a')).toBe(true);
  });
});
