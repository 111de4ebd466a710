import { defineConfig } from 'vitest/config';

/** One project a suite; `npm test` runs them in this order, `npm run check` the first two. */
const suite = (name: string, timeoutMs: number) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    environment: 'node' as const,
    setupFiles: ['tests/kit/seed-properties.ts'],
  },
});

export default defineConfig({
  test: {
    // Many tests wait for other processes: one more than the two cores keeps these busy.
    maxWorkers: 3,
    projects: [
      // On a busy machine a test may take ten times as long as alone: a limit is for what hangs.
      suite('unit', 240_000),
      suite('contract', 120_000),
      suite('http', 240_000),
      suite('scenario', 240_000),
      suite('e2e', 300_000),
    ],
  },
});
