import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Failure, Seeds } from './two-way-model-worker.ts';

/** How far the programs have been run, over any number of calls. */
interface Progress {
  /** Seeds up to this one, from 1 on, have been run. */
  programs: number;
  failures: Failure[];
}

export interface ModelResult {
  readonly programs: number;
  /** Of this call. */
  readonly ran: number;
  readonly seconds: number;
  readonly failed: number;
  readonly failures: Progress['failures'];
}

/** Seeds that a worker is given at a time. */
const share = 50;
const sayEvery = 1000;

/**
 * Random programs of people and engines that change the same records in several systems, one for each seed, until `programs` of them have been run, on all
 * cores. With a file it goes on where it was, and runs again first what failed.
 */
export async function runTwoWayPrograms(
  programs: number,
  file: string | undefined,
  say: (message: string) => void,
): Promise<ModelResult> {
  const startedAt = performance.now();
  const progress = read(file);
  const before = progress.programs;
  const again = progress.failures.map(({ seed }) => ({ from: seed, to: seed }));
  progress.failures = [];
  const note = (failures: readonly Failure[]): void => {
    progress.failures.push(...failures);
    for (const { seed, faults } of failures) say(`program ${seed} fails: ${faults[0]}`);
  };
  await runAll(again, (_, failures) => note(failures));
  /** Shares beyond the seeds that are all done: a slower worker is still at one before them. */
  const ahead = new Map<number, number>();
  await runAll(sharesOf(before + 1, programs), ({ from, to }, failures) => {
    note(failures);
    ahead.set(from, to);
    for (let next = ahead.get(progress.programs + 1); next !== undefined; next = ahead.get(progress.programs + 1)) {
      ahead.delete(progress.programs + 1);
      progress.programs = next;
      if (next % sayEvery === 0) say(`${next} programs, ${progress.failures.length} failed`);
    }
    save(file, progress);
  });
  save(file, progress);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const { failures } = progress;
  return { programs: progress.programs, ran: progress.programs - before, seconds, failed: failures.length, failures };
}

function sharesOf(from: number, to: number): Seeds[] {
  const shares: Seeds[] = [];
  for (let first = from; first <= to; first += share) shares.push({ from: first, to: Math.min(first + share - 1, to) });
  return shares;
}

/** Has workers, one for each core, take the shares in turn. */
async function runAll(
  shares: readonly Seeds[],
  take: (seeds: Seeds, failures: readonly Failure[]) => void,
): Promise<void> {
  const left = shares.values();
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./two-way-model-worker.ts', import.meta.url));
    try {
      for (const seeds of left) {
        worker.postMessage(seeds);
        const [failures] = (await once(worker, 'message')) as [readonly Failure[]];
        take(seeds, failures);
      }
    } finally {
      await worker.terminate();
    }
  };
  const workers = Math.min(availableParallelism(), shares.length);
  await Promise.all(Array.from({ length: workers }, work));
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
