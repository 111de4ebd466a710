import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSchedule, nextRun } from '../../../../shared/core/schedule.ts';

const minuteMs = 60_000;
const cron = (expression: string, timeZone = 'UTC') => ({ kind: 'cron' as const, expression, timeZone });
const next = (expression: string, timeZone: string, after: string) =>
  nextRun(cron(expression, timeZone), new Date(after))?.toISOString();

/** Hour and minute on the wall of a zone. */
function wallClock(at: Date, timeZone: string): { hour: number; minute: number } {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, hour: 'numeric', minute: 'numeric', hourCycle: 'h23' });
  const value = (type: string) => Number(parts.formatToParts(at).find((part) => part.type === type)?.value);
  return { hour: value('hour'), minute: value('minute') };
}

describe('nextRun', () => {
  it('gives no run for a manual task and a fixed distance for an interval', () => {
    const after = new Date('2030-05-05T05:05:05.005Z');
    expect(nextRun({ kind: 'manual' }, after)).toBeUndefined();
    expect(nextRun({ kind: 'interval', everySeconds: 90 }, after)?.toISOString()).toBe('2030-05-05T05:06:35.005Z');
  });

  it('is strictly after the given instant', () => {
    expect(next('0 5 * * *', 'UTC', '2030-05-05T05:00:00.000Z')).toBe('2030-05-06T05:00:00.000Z');
    expect(next('0 5 * * *', 'UTC', '2030-05-05T04:59:59.999Z')).toBe('2030-05-05T05:00:00.000Z');
  });

  it('runs a time that the clock change skips at the first minute after it, that day only', () => {
    // Ljubljana, 2027-03-28: 02:00 becomes 03:00.
    expect(next('30 2 * * *', 'Europe/Ljubljana', '2027-03-27T12:00:00Z')).toBe('2027-03-28T01:00:00.000Z');
    expect(next('30 2 * * *', 'Europe/Ljubljana', '2027-03-28T01:00:00Z')).toBe('2027-03-29T00:30:00.000Z');
  });

  it('runs a time that the clock change repeats once', () => {
    // Ljubljana, 2026-10-25: 03:00 becomes 02:00.
    const first = next('30 2 * * *', 'Europe/Ljubljana', '2026-10-24T12:00:00Z');
    expect(first).toBe('2026-10-25T00:30:00.000Z');
    expect(next('30 2 * * *', 'Europe/Ljubljana', first ?? '')).toBe('2026-10-26T01:30:00.000Z');
    expect(next('30 2,14 * * *', 'Europe/Ljubljana', first ?? '')).toBe('2026-10-25T13:30:00.000Z');
  });

  it('keeps every quarter of an hour a quarter of an hour apart through both changes', () => {
    for (const start of ['2027-03-27T23:00:00Z', '2026-10-24T23:00:00Z']) {
      let at = new Date(start);
      for (let run = 0; run < 20; run += 1) {
        const following = nextRun(cron('*/15 * * * *', 'Europe/Ljubljana'), at);
        expect((following?.getTime() ?? 0) - at.getTime()).toBe(15 * minuteMs);
        at = following ?? at;
      }
    }
  });

  it('comes on leap days and on the ends of months, and only there', () => {
    const list = (expression: string, after: string, count: number) => {
      const days: string[] = [];
      for (let at: string | undefined = after; days.length < count; ) {
        at = next(expression, 'UTC', at ?? '');
        days.push(at?.slice(0, 10) ?? '');
      }
      return days;
    };
    expect(list('0 0 29 2 *', '2027-01-01T00:00:00Z', 2)).toEqual(['2028-02-29', '2032-02-29']);
    // 2100 is no leap year.
    expect(list('0 0 29 2 *', '2096-03-01T00:00:00Z', 1)).toEqual(['2104-02-29']);
    expect(list('0 0 31 * *', '2027-01-01T00:00:00Z', 4)).toEqual([
      '2027-01-31',
      '2027-03-31',
      '2027-05-31',
      '2027-07-31',
    ]);
    expect(list('0 0 L * *', '2028-01-01T00:00:00Z', 3)).toEqual(['2028-01-31', '2028-02-29', '2028-03-31']);
  });

  it('of a fixed time of day comes once on every day of its zone, whatever the clock does there', () => {
    const zones = [
      'Europe/Ljubljana',
      'America/New_York',
      'America/St_Johns',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Africa/Casablanca',
      'Pacific/Chatham',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 2026, max: 2030 }),
        (timeZone, minute, hour, year) => {
          const day = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
          const schedule = cron(`${minute} ${hour} * * *`, timeZone);
          let at = nextRun(schedule, new Date(Date.UTC(year, 0, 5))) ?? new Date(0);
          for (let run = 0; run < 366; run += 1) {
            const following = nextRun(schedule, at) ?? new Date(0);
            const [before, after] = [day.format(at), day.format(following)];
            expect((Date.parse(after) - Date.parse(before)) / 86_400_000, `${before} ${after}`).toBe(1);
            at = following;
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('agrees with a walk over the minutes', () => {
    const zones = ['UTC', 'Europe/Ljubljana', 'Asia/Kolkata', 'Asia/Kathmandu', 'Australia/Lord_Howe'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 4, max: 23 }),
        fc.date({ min: new Date('2026-01-01'), max: new Date('2031-01-01'), noInvalidDate: true }),
        (timeZone, minute, hour, after) => {
          let expected = new Date(Math.floor(after.getTime() / minuteMs + 1) * minuteMs);
          for (;;) {
            const wall = wallClock(expected, timeZone);
            if (wall.hour === hour && wall.minute === minute) break;
            // Quarter hours keep the walk short: no zone is off by less.
            const distance = ((minute - wall.minute + 60) % 60 || 60) * minuteMs;
            expected = new Date(expected.getTime() + Math.min(distance, 15 * minuteMs));
          }
          expect(nextRun(cron(`${minute} ${hour} * * *`, timeZone), after)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('checkSchedule', () => {
  const now = new Date('2030-01-01T00:00:00Z');
  const placesOf = (expression: string, timeZone?: string) =>
    checkSchedule(cron(expression, timeZone), now).map((error) => error.field);

  it.each([
    ['0 0 * * * *'],
    ['@daily'],
    ['60 * * * *'],
    ['* 24 * * *'],
    ['0 0 30 2 *'],
    ['? * * * *'],
    ['a b c d e'],
    ['* * * *'],
    ['5/5 * * * *'],
    ['*/0 * * * *'],
    ['10-5 * * * *'],
  ])('refuses %j', (expression) => {
    expect(placesOf(expression)).toEqual(['/schedule/expression']);
  });

  it.each([['*/5 * * * *'], ['0 9 * * MON-FRI'], ['15 4 1,15 * *'], [' 0 0 29 2 * ']])('takes %j', (expression) => {
    expect(placesOf(expression)).toEqual([]);
  });

  it.each([['Mars/Olympus'], ['+02:00'], ['']])('refuses the time zone %j', (timeZone) => {
    expect(placesOf('* * * * *', timeZone)).toEqual(['/schedule/timeZone']);
  });

  it('takes anything or refuses it by name, and what it takes has a next run', () => {
    const field = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('*', '0', '1-5', '*/7', 'L', '31', '2#1'));
    fc.assert(
      fc.property(fc.array(field, { minLength: 5, maxLength: 5 }), (fields) => {
        const schedule = cron(fields.join(' '));
        if (checkSchedule(schedule, now).length === 0) expect(nextRun(schedule, now)).toBeInstanceOf(Date);
      }),
      { numRuns: 1000 },
    );
  });
});
