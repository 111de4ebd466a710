import { describe, expect, test } from 'vitest';
import { retryDelayMs } from '../../../../local/functions-host/retry.ts';
import { compileNcrontab } from '../../../../local/functions-host/timer/ncrontab.ts';
import { resumeSchedule, toStored } from '../../../../local/functions-host/timer/schedule-status.ts';

describe('taking over a schedule', () => {
  const hourly = compileNcrontab('0 0 * * * *', 'UTC');
  const at = (time: string): Date => new Date(`2026-01-01T${time}Z`);
  const kept = { last: at('01:00:00'), next: at('02:00:00'), lastUpdated: at('01:00:05') };

  test('for the first time nothing is past due', () => {
    expect(resumeSchedule(undefined, hourly, at('01:30:00'))).toEqual({
      status: { last: undefined, next: at('02:00:00'), lastUpdated: at('01:30:00') },
      isPastDue: false,
    });
  });

  test('before the next run the status stays', () => {
    expect(resumeSchedule(kept, hourly, at('01:59:59'))).toEqual({ status: kept, isPastDue: false });
  });

  test('after it the run is past due, however many were missed', () => {
    expect(resumeSchedule(kept, hourly, at('07:10:00'))).toEqual({ status: kept, isPastDue: true });
  });

  test('a changed schedule starts anew', () => {
    const everyTen = compileNcrontab('0 */10 * * * *', 'UTC');
    expect(resumeSchedule(kept, everyTen, at('07:11:00'))).toEqual({
      status: { last: undefined, next: at('07:20:00'), lastUpdated: at('07:11:00') },
      isPastDue: false,
    });
  });

  test('a schedule that never comes', () => {
    expect(resumeSchedule(undefined, compileNcrontab('0 0 0 30 2 *', 'UTC'), at('01:00:00'))).toBeUndefined();
  });

  test('the status as the function sees it', () => {
    expect(toStored({ ...kept, last: undefined })).toEqual({
      Last: '0001-01-01T00:00:00',
      Next: '2026-01-01T02:00:00.000Z',
      LastUpdated: '2026-01-01T01:00:05.000Z',
    });
  });
});

test('delays between tries', () => {
  expect(retryDelayMs({ retryStrategy: 'fixedDelay', delayInterval: { seconds: 3 } }, 4)).toBe(3_000);
  const exponential = {
    retryStrategy: 'exponentialBackoff',
    minimumInterval: { seconds: 2 },
    maximumInterval: { seconds: 10 },
  };
  expect([1, 2, 3, 4, 1_000].map((count) => retryDelayMs(exponential, count))).toEqual([
    2_000, 4_000, 8_000, 10_000, 10_000,
  ]);
});
