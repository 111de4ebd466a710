import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../chaos/seeded-random.ts';
import { programOf } from '../../../kit/two-way/make-program.ts';
import { runProgram } from '../../../kit/two-way/run-program.ts';

const programs = 500;
const parts = 10;

/**
 * People edit, create, delete and restore the same records in two or three systems and here, while the real engine reads and writes them, crashes, is
 * answered late, twice or not at all. Afterwards all agree on every field, or a conflict, a hold or a refused write says why not; nothing is lost, doubled,
 * falsely deleted, or written without a difference. `npm run chaos -- two-way-model` runs many more.
 */
describe('whatever happens on either side', () => {
  it.each(Array.from({ length: parts }, (_each, part) => part))(
    'all agree in the end, and are told of each change once (part %i)',
    async (part) => {
      const count = programs / parts;
      for (let seed = part * count + 1; seed <= (part + 1) * count; seed += 1) {
        expect(await runProgram(programOf(seededRandom(seed))), `seed ${seed}`).toEqual([]);
      }
    },
    60_000,
  );
});
