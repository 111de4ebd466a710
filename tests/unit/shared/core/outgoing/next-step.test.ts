import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextStep, problemOf } from '../../../../../shared/core/outgoing/next-step.ts';
import { defaultOutgoingSettings } from '../../../../../shared/core/outgoing/settings.ts';

const answered = (status: number, retryAfterMs?: number) =>
  ({ kind: 'answered', status, durationMs: 1, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }) as const;
const failed = { kind: 'failed', problem: 'the connection was refused', durationMs: 1 } as const;
const next = (outcome: Parameters<typeof nextStep>[0], attempts: number, random = 0) =>
  nextStep(outcome, attempts, defaultOutgoingSettings, random);

test('the schedule: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, then no more', () => {
  const minute = 60_000;
  const hour = 60 * minute;
  const pauses = [5000, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];
  expect(defaultOutgoingSettings.scheduleMs[0]).toBe(0);
  for (const [index, delayMs] of pauses.entries()) {
    expect(next(failed, index + 1)).toEqual({ kind: 'try-again', delayMs });
  }
  expect(next(failed, pauses.length + 1)).toEqual({ kind: 'give-up' });
});

test('every 2xx is a delivery, 410 ends it, everything else is tried again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), fc.integer({ min: 1, max: 9 }), (status, attempts) => {
      const { kind } = next(answered(status), attempts);
      if (status >= 200 && status <= 299) expect(kind).toBe('delivered');
      else expect(kind).toBe(status === 410 ? 'gone' : 'try-again');
    }),
  );
});

test('is never earlier than the receiver asked for, nor than the schedule says, and at most a tenth later', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const asked = fc.option(fc.integer({ min: 0, max: 90_000_000 }), { nil: undefined });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), asked, random, (attempts, retryAfterMs, draw) => {
      const step = next(answered(503, retryAfterMs), attempts, draw);
      const scheduledMs = defaultOutgoingSettings.scheduleMs[attempts] ?? 0;
      const leastMs = Math.max(scheduledMs, retryAfterMs ?? 0);
      if (step.kind !== 'try-again') throw new Error('it is tried again');
      expect(step.delayMs).toBeGreaterThanOrEqual(leastMs);
      expect(step.delayMs).toBeLessThanOrEqual(Math.max(Math.ceil(scheduledMs * 1.1), retryAfterMs ?? 0));
    }),
  );
});

test('says what was wrong', () => {
  expect(problemOf(answered(500))).toBe('It answered 500.');
  expect(problemOf(answered(302))).toMatch(/redirects are not followed/);
  expect(problemOf(failed)).toBe('the connection was refused');
});
