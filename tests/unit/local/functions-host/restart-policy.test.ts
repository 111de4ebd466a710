import { expect, test } from 'vitest';
import { createRestartPolicy } from '../../../../local/functions-host/restart-policy.ts';

const SHORT = 1_000;
const LONG = 60_000;

test('waits longer after each short life and gives up after six of them', () => {
  const policy = createRestartPolicy();
  const delays = [1, 2, 3, 4, 5, 6].map(() => policy.delayAfter(SHORT));
  expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, undefined]);
});

test('a long life begins a new row', () => {
  const policy = createRestartPolicy();
  const delays = [SHORT, SHORT, LONG, SHORT].map((livedMs) => policy.delayAfter(livedMs));
  expect(delays).toEqual([250, 500, 250, 500]);
});
