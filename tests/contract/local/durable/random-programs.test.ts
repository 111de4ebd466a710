import { expect, test } from 'vitest';
import { runDurablePrograms } from '../../../chaos/durable.ts';

test('random orchestrations come to what they must, also when the host is killed again and again', async () => {
  const counts = { programs: 40, killPrograms: 20, kills: 3 };
  const seed = Math.floor(Math.random() * 2 ** 31);
  const mismatches: string[] = [];
  const result = await runDurablePrograms(counts, seed, (message) => mismatches.push(message));
  expect(result, mismatches.join('\n')).toMatchObject({
    programs: 40,
    mismatches: 0,
    killPrograms: 20,
    kills: 3,
    killMismatches: 0,
    stuck: 0,
    lost: 0,
    doubled: 0,
    forgottenTimer: { keptRunning: true },
  });
});
