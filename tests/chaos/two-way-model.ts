import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { programOf } from '../kit/two-way/make-program.ts';
import type { Program } from '../kit/two-way/program.ts';
import { runProgram } from '../kit/two-way/run-program.ts';
import { shrink } from '../kit/two-way/shrink-program.ts';
import { seededRandom } from './seeded-random.ts';

/** How far the programs have been run, over any number of calls. */
interface Progress {
  /** Seeds up to this one, from 1 on, have been run. */
  programs: number;
  failures: { readonly seed: number; readonly faults: readonly string[]; readonly smallest: Program }[];
}

export interface ModelResult {
  readonly programs: number;
  /** Of this call. */
  readonly ran: number;
  readonly seconds: number;
  readonly failed: number;
  readonly failures: Progress['failures'];
}

const saveEvery = 20;

/**
 * Random programs of people and engines that change the same records in several systems, one for each seed, until `programs` of them have been run. With a
 * file it goes on where it was, and runs again first what failed.
 */
export async function runTwoWayPrograms(
  programs: number,
  file: string | undefined,
  say: (message: string) => void,
): Promise<ModelResult> {
  const startedAt = performance.now();
  const progress = read(file);
  const again = progress.failures.map(({ seed }) => seed);
  progress.failures = [];
  for (const seed of again) await tryOne(progress, seed, say);
  let ran = 0;
  while (progress.programs < programs) {
    await tryOne(progress, progress.programs + 1, say);
    progress.programs += 1;
    ran += 1;
    if (ran % saveEvery === 0 || progress.programs === programs) save(file, progress);
    if (ran % 500 === 0) say(`${progress.programs} programs, ${progress.failures.length} failed`);
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  return { programs: progress.programs, ran, seconds, failed: progress.failures.length, failures: progress.failures };
}

async function tryOne(progress: Progress, seed: number, say: (message: string) => void): Promise<void> {
  const program = programOf(seededRandom(seed));
  if ((await runProgram(program)).length === 0) return;
  const smallest = await shrink(program, async (smaller) => (await runProgram(smaller)).length > 0);
  const faults = await runProgram(smallest);
  progress.failures.push({ seed, faults, smallest });
  say(`program ${seed} fails: ${faults[0]}`);
}

function read(file: string | undefined): Progress {
  if (file === undefined || !existsSync(file)) return { programs: 0, failures: [] };
  return JSON.parse(readFileSync(file, 'utf8')) as Progress;
}

/** A call that is killed while it saves leaves the file as it was. */
function save(file: string | undefined, progress: Progress): void {
  if (file === undefined) return;
  writeFileSync(`${file}.new`, `${JSON.stringify(progress)}\n`);
  renameSync(`${file}.new`, file);
}
