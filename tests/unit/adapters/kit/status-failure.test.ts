import { expect, test } from 'vitest';
import { createStatusFailure, failureKindOf } from '../../../../adapters/kit/status-failure.ts';

test.each([
  [401, 'credentials-rejected'],
  [403, 'forbidden'],
  [408, 'unavailable'],
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
