import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readInstantMs } from '../../../../adapters/kit/read-instant.ts';

const noon = Date.UTC(2024, 1, 29, 12);

test.each([
  ['2024-02-29T12:00:00Z', noon],
  ['2024-02-29T12:00:00.000Z', noon],
  ['2024-02-29T12:00Z', noon],
  ['2024-02-29T12:00:00.123456789Z', noon + 123],
  ['2024-02-29T12:00:00,5Z', noon + 500],
  ['2024-02-29T14:00:00+02:00', noon],
  ['2024-02-29T14:00:00.000+0200', noon],
  ['2024-02-29T06:30:00-05:30', noon],
  ['2024-02-29T14:00:00+02', noon],
  ['2024-02-29 12:00:00', noon],
  ['2024-02-29 12:00:00 UTC', noon],
  ['2024-02-29T12:00:00', noon],
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  ['Thu, 29 Feb 2024 12:00:00 GMT', noon],
  [noon, noon],
  [noon / 1000, noon],
  [noon / 1000 + 0.5, noon + 500],
  [String(noon), noon],
  [String(noon / 1000), noon],
])('%s', (value, expected) => {
  expect(readInstantMs(value)).toBe(expected);
});

test.each([
  '',
  'yesterday',
  '2024',
  '29.02.2024',
  '2023-02-29T00:00:00Z',
  '2024-13-01',
  '2024-02-29T25:00:00Z',
  '2024-02-29T12:00:00+99:00',
  '0001-01-01T00:00:00',
  '0024-02-29',
  0,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e20,
  true,
  null,
  undefined,
  {},
  [noon],
])('%s is no instant', (value) => {
  expect(readInstantMs(value)).toBeUndefined();
});

test('reads every instant that Date writes, in any zone', () => {
  const instants = fc.date({ min: new Date('1974-01-01'), max: new Date('9999-12-30'), noInvalidDate: true });
  fc.assert(
    fc.property(instants, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, minutes) => {
      const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
      const size = Math.abs(minutes);
      const zone = `${minutes < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
      expect(readInstantMs(`${local}${zone}`)).toBe(date.getTime());
      expect(readInstantMs(date.getTime())).toBe(date.getTime());
    }),
  );
});
