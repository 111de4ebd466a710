import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRateLimiter, writeRetryAfter } from '../../../../local/demo-crm/rate-limit.ts';

it('never lets more than the limit through in any window, and says exactly when the next one passes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(20), { maxLength: 80 }),
      (requests, windowMs, pauses) => {
        const limiter = createRateLimiter({ requests, windowMs, retryAfter: 'seconds' });
        const allowed: number[] = [];
        let nowMs = 0;
        for (const pauseMs of pauses) {
          nowMs += pauseMs;
          const verdict = limiter.take(nowMs);
          if (verdict.isAllowed) {
            allowed.push(nowMs);
          } else {
            expect(verdict.retryAfterMs).toBeGreaterThan(0);
            const probe = nowMs + verdict.retryAfterMs;
            expect(allowed.filter((atMs) => atMs > probe - windowMs).length).toBeLessThan(requests);
          }
        }
        for (const atMs of allowed) {
          expect(allowed.filter((other) => other > atMs - windowMs && other <= atMs).length).toBeLessThanOrEqual(
            requests,
          );
        }
      },
    ),
  );
});

it('rounds Retry-After up, as seconds and as a date', () => {
  const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0, 400);
  expect(writeRetryAfter('seconds', 1_001, nowMs)).toBe('2');
  expect(writeRetryAfter('date', 1_000, nowMs)).toBe('Thu, 01 Jan 2026 12:00:02 GMT');
});
