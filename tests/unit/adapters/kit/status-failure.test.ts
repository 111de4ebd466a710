import { expect, test } from 'vitest';
import { createStatusFailure, failureKindOf, isRefusal } from '../../../../adapters/kit/status-failure.ts';

test.each([
  [401, 'credentials-rejected'],
  [403, 'forbidden'],
  [408, 'unavailable'],
  [423, 'unavailable'],
  [425, 'unavailable'],
  [429, 'rate-limited'],
  [500, 'unavailable'],
  [503, 'unavailable'],
  [599, 'unavailable'],
  [300, 'unexpected-response'],
  [400, 'unexpected-response'],
  [404, 'unexpected-response'],
  [410, 'unexpected-response'],
  [422, 'unexpected-response'],
])('%i is %s', (status, kind) => {
  expect(failureKindOf(status)).toBe(kind);
});

test('only a failure that passes says when to come back', () => {
  const header = (name: string) => (name === 'retry-after' ? '5' : undefined);
  expect(createStatusFailure('GET /', 429, header, 0)).toMatchObject({ status: 429, retryAfterMs: 5000 });
  expect(createStatusFailure('GET /', 404, header, 0)).toMatchObject({ status: 404, retryAfterMs: undefined });
});

test.each([400, 401, 403, 404, 409, 410, 412, 422, 423, 425, 429, 307, 308, 501])(
  '%i has written nothing',
  (status) => {
    expect(isRefusal(status, () => undefined)).toBe(true);
    expect(createStatusFailure('POST /', status, () => undefined, 0).wroteNothing).toBe(true);
  },
);

test.each([408, 499, 500, 502, 503, 504, 524, 301, 302, 303])('%i may have written', (status) => {
  expect(isRefusal(status, () => undefined)).toBe(false);
});

test('503 has written nothing where it says when to come back', () => {
  expect(isRefusal(503, (name) => (name === 'retry-after' ? '1' : undefined))).toBe(true);
});
