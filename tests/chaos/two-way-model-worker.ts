import { parentPort } from 'node:worker_threads';
import { programOf } from '../kit/two-way/make-program.ts';
import type { Program } from '../kit/two-way/program.ts';
import { runProgram } from '../kit/two-way/run-program.ts';
import { shrink } from '../kit/two-way/shrink-program.ts';
import { seededRandom } from './seeded-random.ts';

/** Seeds of programs, both ends included. */
export interface Seeds {
  readonly from: number;
  readonly to: number;
}

/** A program that failed, in its smallest form. */
export interface Failure {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly smallest: Program;
}

parentPort?.on('message', async ({ from, to }: Seeds) => {
  const failures: Failure[] = [];
  for (let seed = from; seed <= to; seed += 1) {
    const program = programOf(seededRandom(seed));
    if ((await runProgram(program)).length === 0) continue;
    const smallest = await shrink(program, async (smaller) => (await runProgram(smaller)).length > 0);
    failures.push({ seed, faults: await runProgram(smallest), smallest });
  }
  parentPort?.postMessage(failures);
});
