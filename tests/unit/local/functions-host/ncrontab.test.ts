import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../../local/functions-host/config/errors.ts';
import { compileNcrontab } from '../../../../local/functions-host/timer/ncrontab.ts';
import { compileSchedule } from '../../../../local/functions-host/timer/schedule.ts';

const next = (expression: string, after: string, timeZone = 'UTC'): string | undefined =>
  compileNcrontab(expression, timeZone)(new Date(after))?.toISOString();

describe('an NCRONTAB expression', () => {
  test.each([
    ['0 */5 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:05:00.000Z'],
    ['*/5 * * * *', '2026-01-01T00:00:01Z', '2026-01-01T00:05:00.000Z'],
    ['* * * * * *', '2026-01-01T00:00:00.400Z', '2026-01-01T00:00:01.000Z'],
    ['0 30 9 * * MON-FRI', '2026-01-02T10:00:00Z', '2026-01-05T09:30:00.000Z'],
    ['0 0 0 1 jan *', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['0 0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['5/20 * * * * *', '2026-01-01T00:00:06Z', '2026-01-01T00:00:25.000Z'],
    ['0 0 8-18/5 * * *', '2026-01-01T08:00:00Z', '2026-01-01T13:00:00.000Z'],
    ['0 0 */25 * * *', '2026-01-01T01:00:00Z', '2026-01-02T00:00:00.000Z'],
    ['0 1,3 0 * * 0', '2026-01-04T00:01:00Z', '2026-01-04T00:03:00.000Z'],
  ])('%s after %s is %s', (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  test('day of month and day of week must both match', () => {
    expect(next('0 0 0 13 * 5', '2026-11-23T00:00:00Z')).toBe('2027-08-13T00:00:00.000Z');
  });

  test('a date that never comes', () => {
    expect(next('0 0 0 30 2 *', '2026-01-01T00:00:00Z')).toBeUndefined();
  });

  test('in a time zone, over the end of daylight saving time', () => {
    expect(next('0 0 9 * * *', '2026-10-24T12:00:00Z', 'Europe/Berlin')).toBe('2026-10-25T08:00:00.000Z');
    expect(next('0 0 9 * * *', '2026-10-24T00:00:00Z', 'Europe/Berlin')).toBe('2026-10-24T07:00:00.000Z');
  });

  test.each([
    ['* * * *', /4 fields/],
    ['0 0 25 * * *', /"25" cannot be its hour/],
    ['60 * * * * *', /second/],
    ['0 0 0 0 * *', /day of month/],
    ['0 0 0 * 13 *', /month/],
    ['0 0 0 * * 7', /day of week/],
    ['0 0 0 L * *', /"L"/],
    ['0 0 0 ? * *', /"\?"/],
    ['0 0 0 * * 5#2', /"5#2"/],
    ['0 5-1 * * * *', /"5-1"/],
    ['0 */0 * * * *', /minute/],
    ['0 1, * * * *', /minute/],
    ['@daily', /fields/],
  ])('%s is refused', (expression, reason) => {
    expect(() => compileNcrontab(expression, 'UTC')).toThrow(reason);
    expect(() => compileNcrontab(expression, 'UTC')).toThrow(ConfigurationError);
  });

  test('an unknown time zone is refused by name', () => {
    expect(() => compileNcrontab('0 0 0 * * *', 'W. Europe Standard Time')).toThrow(/W\. Europe Standard Time/);
  });

  test('no time between a time and the next one matches, and the next one does', () => {
    const list = (minimum: number, maximum: number) =>
      fc.option(fc.uniqueArray(fc.integer({ min: minimum, max: maximum }), { minLength: 1, maxLength: 4 }), {
        freq: 3,
      });
    const text = (values: number[] | null): string => values?.join(',') ?? '*';
    const fields = fc.tuple(list(0, 59), list(0, 23), list(1, 28), list(1, 12), list(0, 6));
    const start = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });
    fc.assert(
      fc.property(fields, start, ([minute, hour, day, month, weekday], startMs) => {
        const matches = (time: Date): boolean =>
          (minute?.includes(time.getUTCMinutes()) ?? true) &&
          (hour?.includes(time.getUTCHours()) ?? true) &&
          (day?.includes(time.getUTCDate()) ?? true) &&
          (month?.includes(time.getUTCMonth() + 1) ?? true) &&
          (weekday?.includes(time.getUTCDay()) ?? true);
        const expression = [minute, hour, day, month, weekday].map(text).join(' ');
        const found = compileNcrontab(expression, 'UTC')(new Date(startMs));
        expect(found !== undefined && matches(found)).toBe(true);
        let minuteMs = Math.floor(startMs / 60_000 + 1) * 60_000;
        const end = Math.min(found?.getTime() ?? 0, minuteMs + 20_000 * 60_000);
        for (; minuteMs < end; minuteMs += 60_000) {
          if (matches(new Date(minuteMs))) {
            expect.fail(`${expression} skips ${new Date(minuteMs).toISOString()}`);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a schedule', () => {
  const now = new Date('2026-01-01T00:00:00Z');

  test('may be a TimeSpan', () => {
    const schedule = compileSchedule('02:00:00', 'UTC', now, undefined);
    expect(schedule.next(now)?.toISOString()).toBe('2026-01-01T02:00:00.000Z');
    expect(schedule.isMonitored).toBe(true);
  });

  test.each([
    ['0 * * * * *', undefined, true],
    ['*/30 * * * * *', undefined, false],
    ['0,1 0 0 * * *', undefined, false],
    ['00:00:30', undefined, false],
    ['0 0 * * * *', false, false],
    ['* * * * * *', true, false],
  ])('%s with useMonitor %s is kept: %s', (text, useMonitor, isMonitored) => {
    expect(compileSchedule(text, 'UTC', now, useMonitor).isMonitored).toBe(isMonitored);
  });
});
