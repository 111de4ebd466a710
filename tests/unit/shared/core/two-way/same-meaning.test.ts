import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../../shared/core/json.ts';
import { sameMeaning } from '../../../../../shared/core/two-way/same-meaning.ts';

describe('two values mean the same', () => {
  it.each<[string, Json | undefined, Json | undefined]>([
    ['blanks around and between words', '  Ada   Lovelace ', 'Ada Lovelace'],
    ['composed and decomposed letters', 'Žiga', 'Z\u030ciga'],
    ['the case of an address', 'Ada@Example.org', 'ada@example.org'],
    ['signs within a phone number', '+386 (40) 123-456', '+38640123456'],
    ['where a phone number is dialled from', '040 123 456', '+386 40 123 456'],
    ['dots within a phone number', '06.12.34.56.78', '06 12 34 56 78'],
    ['fractions of a second', '2030-01-01T10:00:00.123Z', '2030-01-01T10:00:00Z'],
    ['the zone of an instant', '2030-01-01T11:00:00+01:00', '2030-01-01T10:00:00.000Z'],
    ['nothing and an empty text', undefined, ''],
    ['null and blanks', null, '  '],
    ['nothing and an empty list', undefined, []],
    ['lists of such', ['Ada@Example.org ', null], ['ada@example.org', '']],
    ['the order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }],
  ])('but for %s', (_what, left, right) => {
    expect(sameMeaning(left, right)).toBe(true);
  });

  it.each<[string, Json | undefined, Json | undefined]>([
    ['words', 'Ada', 'Eda'],
    ['the case of a name', 'ada', 'Ada'],
    ['the case of a sentence with an at sign', 'Meet ADA @ five', 'meet ada @ five'],
    ['one digit of a phone number', '040 123 456', '040 123 457'],
    ['countries', '+385 40 123 456', '+386 40 123 456'],
    ['numbers within a country', '040 123 457', '+386 40 123 456'],
    ['where a decimal point stands', '12345.50', '1234550'],
    ['where another decimal point stands', '1234567.5', '123456.75'],
    ['month and day', '2030-1-11', '2030-11-1'],
    ['parts of a version', '10.11.1.11', '10.1.11.11'],
    ['the sign of a number', '-1234567', '1234567'],
    ['where the zone is named', '2030-01-01T10:00:00', '2030-01-01T10:00:00Z'],
    ['a second', '2030-01-01T10:00:00.999Z', '2030-01-01T10:00:01.000Z'],
    ['a number and its text', 7, '7'],
    ['zero and nothing', 0, undefined],
    ['false and nothing', false, null],
    ['the order of a list', ['a', 'b'], ['b', 'a']],
    ['the length of a list', ['a'], ['a', '']],
  ])('not when %s differ', (_what, left, right) => {
    expect(sameMeaning(left, right)).toBe(false);
  });
});

const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom(
    'a@x.org',
    ' A@x.org',
    '040 123 456',
    '040123456',
    '2030-01-01T10:00:00Z',
    '2030-01-01T10:00:00.5Z',
    '',
  ),
);
const value: fc.Arbitrary<Json | undefined> = fc.oneof(
  text,
  fc.array(text, { maxLength: 2 }),
  fc.constantFrom<Json | undefined>(undefined, null, 0, 1, true, false),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

describe('whatever the values', () => {
  it('each means the same as itself, and which comes first makes no difference', () => {
    fc.assert(
      fc.property(value, value, (left, right) => {
        expect(sameMeaning(left, left)).toBe(true);
        expect(sameMeaning(left, right)).toBe(sameMeaning(right, left));
      }),
    );
  });

  it('what means the same as one means the same as all that do', () => {
    fc.assert(
      fc.property(value, value, value, (one, two, three) => {
        if (sameMeaning(one, two) && sameMeaning(two, three)) expect(sameMeaning(one, three)).toBe(true);
      }),
    );
  });
});
