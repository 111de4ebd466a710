import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildApp } from '../local/start/build-app.ts';
import { projectRoot } from '../local/start/twin.ts';
import { median, round } from './report.ts';

const repetitions = 9;
const bundle = join(projectRoot, 'dist', 'main.cjs');

/** What a cold start loads: size of the bundle, and the time to load it in a new process beyond that of an empty one. */
export async function measureStart(): Promise<Readonly<Record<string, unknown>>> {
  await buildApp();
  const empty: number[] = [];
  const loaded: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    empty.push(await timeMs('0'));
    loaded.push(await timeMs(`require(${JSON.stringify(bundle)})`));
  }
  return {
    bundleMb: round((await stat(bundle)).size / 2 ** 20, 2),
    importMs: round(median(loaded) - median(empty), 0),
    processMs: round(median(loaded), 0),
    emptyProcessMs: round(median(empty), 0),
  };
}

async function timeMs(script: string): Promise<number> {
  const startedAt = performance.now();
  await promisify(execFile)(process.execPath, ['-e', script], { cwd: projectRoot });
  return performance.now() - startedAt;
}
