import { expect, it } from 'vitest';
import { killCosmos } from '../../../chaos/cosmos.ts';

// The long form of it: npm run chaos -- cosmos
it('does what a plain model does, in random programs with SIGKILL in between and in the middle', async () => {
  for (const seed of [1, Date.now() % 1_000_000]) {
    const result = await killCosmos(4, seed, () => undefined, 60);
    expect(result).toMatchObject({ mismatch: null, steps: 240, kills: 4, seed });
  }
});
