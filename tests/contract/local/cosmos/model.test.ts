import { expect, it } from 'vitest';
import { killCosmos } from '../../../chaos/cosmos.ts';

// The long form of it: npm run chaos -- cosmos
it.each([
  ['with strong reads', false],
  ['in a session whose reads lag otherwise', true],
])(
  'does what a plain model does, %s, in random programs with SIGKILL in between and in the middle',
  async (_, inSession) => {
    for (const seed of [1, Date.now() % 1_000_000]) {
      const result = await killCosmos(4, seed, () => undefined, { stepsBetween: 60, inSession });
      expect(result).toMatchObject({ mismatch: null, steps: 240, kills: 4, seed });
    }
  },
);
