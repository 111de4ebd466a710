import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHttpDate } from '../../../../adapters/kit/http-date.ts';
import { parseRetryAfter, readRetryAfterMs } from '../../../../adapters/kit/retry-after.ts';

const now = Date.UTC(1994, 10, 15, 8, 12, 31);
const day = 86_400_000;

describe('parseHttpDate', () => {
  test.each([
    ['Tue, 15 Nov 1994 08:12:31 GMT', now],
    ['Tuesday, 15-Nov-94 08:12:31 GMT', now],
    ['Tue Nov 15 08:12:31 1994', now],
    ['Thu Nov  3 08:49:37 1994', Date.UTC(1994, 10, 3, 8, 49, 37)],
    ['Saturday, 01-Jan-00 00:00:00 GMT', Date.UTC(2000, 0, 1)],
  ])('%s', (text, expected) => {
    expect(parseHttpDate(text)).toBe(expected);
  });

  test.each([
    '',
    '5',
    'soon',
    'foo 5',
    'Tue, 15 Foo 1994 08:12:31 GMT',
    'Tue, 45 Nov 1994 08:12:31 GMT',
    '1994-11-15',
    'Tue, 15 Nov 1994 25:12:31 GMT',
  ])('%s is none', (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  });

  test('reads what Date writes', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        expect(parseHttpDate(date.toUTCString())).toBe(Math.floor(date.getTime() / 1000) * 1000);
      }),
    );
  });
});

describe('parseRetryAfter', () => {
  test.each<[string | undefined, number | undefined]>([
    ['120', 120_000],
    [' 0 ', 0],
    ['0.5', 500],
    ['99999999999999999999', day],
    ['Tue, 15 Nov 1994 08:13:01 GMT', 30_000],
    ['Tue, 15 Nov 1994 08:12:01 GMT', 0],
    ['Tue, 15 Nov 2094 08:12:01 GMT', day],
    ['1994-11-15T08:12:41Z', 10_000],
    ['-5', undefined],
    ['5 minutes', undefined],
    ['NaN', undefined],
    ['1e3', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });

  test('gives a whole number of milliseconds within a day, or nothing, for any text', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.date().map(String),
      fc.date({ noInvalidDate: true }).map((d) => d.toUTCString()),
    );
    fc.assert(
      fc.property(texts, fc.integer(), (text, nowMs) => {
        const wait = parseRetryAfter(text, nowMs);
        expect(wait === undefined || (Number.isSafeInteger(wait) && wait >= 0 && wait <= day)).toBe(true);
      }),
    );
  });
});

describe('readRetryAfterMs', () => {
  const now = Date.UTC(2024, 1, 29, 12);
  const seconds = now / 1000;
  test.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ 'retry-after': '3', 'x-ratelimit-reset': '60' }, 3_000],
    [{ 'retry-after': 'later', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' }, 60_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(seconds + 20) }, 20_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now + 1_500) }, 1_500],
    [{ 'x-ratelimit-remaining': '4', 'x-ratelimit-reset': '60' }, undefined],
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '9' }, 9_000],
    [{ 'ratelimit-reset': '9' }, 9_000],
    [{ 'ratelimit-reset': 'soon' }, undefined],
    [{ ratelimit: '"default";r=0;t=30' }, 30_000],
    [{ ratelimit: 'limit=100, remaining=0, reset=30' }, 30_000],
    [{ ratelimit: '"default";r=5;t=30' }, undefined],
    // A provider whose clock is an hour behind ours still means one minute.
    [{ date: 'Thu, 29 Feb 2024 11:00:00 GMT', 'retry-after': 'Thu, 29 Feb 2024 11:01:00 GMT' }, 60_000],
  ])('%o', (headers, expected) => {
    expect(readRetryAfterMs((name) => headers[name], now)).toBe(expected);
  });
});
