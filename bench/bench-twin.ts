import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildApp } from '../local/start/build-app.ts';
import { startTwin, type Twin, type TwinOptions } from '../local/start/twin.ts';

/** The heap of the app's process is bounded, so that memory figures compare. */
const heapFlag = '--max-old-space-size=256';

/** The built app in a twin of its own on a new data folder, gone afterwards. */
export async function withTwin<T>(
  options: Omit<TwinOptions, 'dataDir'>,
  work: (twin: Twin, dataDir: string) => Promise<T>,
): Promise<T> {
  await buildApp();
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-bench-'));
  const twin = await startTwin({ appNodeFlags: [heapFlag], ...options, dataDir });
  try {
    return await work(twin, dataDir);
  } finally {
    await twin.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Peak resident memory of a process since `forgetPeakMemory`, in MB (Linux; `ps` elsewhere shows what it holds now). */
export async function peakMemoryMb(pid: number): Promise<number> {
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
    return Number(stdout) / 1024;
  }
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  if (match?.[1] === undefined) throw new Error(`process ${pid} shows no peak memory`);
  return Number(match[1]) / 1024;
}

/** Begins a new peak. Where that is not allowed, the peak stays that since the start. */
export async function forgetPeakMemory(pid: number): Promise<void> {
  if (process.platform === 'linux') await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);
}
