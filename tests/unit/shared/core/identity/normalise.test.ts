import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueKind } from '../../../../../shared/contracts/match-rules.ts';
import { normalise } from '../../../../../shared/core/identity/normalise.ts';
import { jaroWinkler, similarity } from '../../../../../shared/core/identity/similarity.ts';

describe('normalise', () => {
  it.each([
    ['email', ' Ana.Novak+crm@GoogleMail.com ', 'ananovak@gmail.com'],
    ['email', 'ana.novak+crm@outlook.com', 'ana.novak@outlook.com'],
    ['email', 'ana-lists@yahoo.com', 'ana@yahoo.com'],
    ['email', 'Ana.Novak+crm@podjetje.si', 'ana.novak+crm@podjetje.si'],
    ['email', 'no address', undefined],
    ['email', '@x.si', undefined],
    ['email', 'ana@localhost', undefined],
    ['phone', '+386 (0)40 123-456', '+38640123456'],
    ['phone', '+38640123456', '+38640123456'],
    ['phone', '00386 40 123 456', '+38640123456'],
    ['phone', '040 123 456', '+38640123456'],
    ['phone', 'ask at the desk', undefined],
    ['domain', 'https://www.Podjetje.co.uk/about', 'podjetje.co.uk'],
    ['domain', 'ana@mail.podjetje.si', 'podjetje.si'],
    ['domain', 'ana@gmail.com', undefined],
    ['text', '  Žiga   ŁUKASZ-Weiß ', 'ziga lukasz weiss'],
    ['person-name', 'Dr. Ana Novák, MSc', 'ana novak'],
    ['company-name', 'Žito d.o.o.', 'zito'],
    ['company-name', 'The Co Ltd', 'the co ltd'],
  ] as const)('reads %s %j as %j', (kind, value, expected) => {
    expect(normalise(kind, value, 'SI')).toBe(expected);
  });

  it('needs a default country for a phone without a country code', () => {
    expect(normalise('phone', '040 123 456', undefined)).toBeUndefined();
  });

  it('leaves what is normalised as it is, and never fails', () => {
    const kinds = fc.constantFrom(...valueKind.options);
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.emailAddress(),
      fc.webUrl(),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(kinds, value, (kind, text) => {
        const once = normalise(kind, text, 'SI');
        if (once !== undefined) expect(normalise(kind, once, 'SI')).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('similarity', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'n', 'o', 'v'), minLength: 1, maxLength: 7 });
  const text = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));

  it('is symmetric, within 0 and 1, and 1 for the same', () => {
    fc.assert(
      fc.property(fc.constantFrom(...valueKind.options), text, text, (kind, left, right) => {
        const score = similarity(kind, left, right);
        expect(score).toBe(similarity(kind, right, left));
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(similarity(kind, left, left)).toBe(1);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['martha', 'marhta', 0.961],
    ['dwayne', 'duane', 0.84],
    ['dixon', 'dicksonx', 0.813],
  ])('of %s and %s is that of Winkler (%d)', (left, right, expected) => {
    expect(jaroWinkler(left, right)).toBeCloseTo(expected, 3);
  });

  it('tells people apart by one name, whatever the rest', () => {
    const same = (left: string, right: string): number => similarity('person-name', left, right);
    expect(same('ana novak', 'novak ana')).toBe(1);
    expect(same('robert smith', 'bob smith')).toBeGreaterThan(0.95);
    expect(same('ana novak', 'ana novka')).toBeGreaterThan(0.92);
    expect(same('a novak', 'ana novak')).toBeGreaterThan(0.85);
    expect(same('ana novak', 'tom novak')).toBeLessThan(0.75);
    expect(same('novak', 'ana novak')).toBeLessThan(0.92);
  });
});
