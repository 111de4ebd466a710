import { open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buildApp } from '../../local/start/build-app.ts';
import { projectRoot } from '../../local/start/twin.ts';
import { isAlive } from './process-alive.ts';

const bundle = join(projectRoot, 'dist', 'main.cjs');
const lock = join(projectRoot, 'node_modules', '.building-app');
const sources = ['functions', 'shared', 'adapters', 'scripts/build.ts', 'package-lock.json'];
const builtWithinMs = 60_000;
const pollMs = 50;

/** Builds the app unless the bundle is newer than every source. Suites that start at the same time build it once. */
export async function ensureBuilt(): Promise<void> {
  const deadline = Date.now() + builtWithinMs;
  while (!(await isFresh())) {
    if (await takeLock()) {
      try {
        return await buildApp();
      } finally {
        await rm(lock, { force: true });
      }
    }
    if (Date.now() > deadline) throw new Error(`${lock} is held by a build that does not end`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function isFresh(): Promise<boolean> {
  const builtAtMs = await modifiedAtMs(bundle);
  for (const source of sources) if ((await newestMs(join(projectRoot, source))) >= builtAtMs) return false;
  return true;
}

async function newestMs(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return modifiedAtMs(path);
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(...(await Promise.all(files.map((file) => modifiedAtMs(join(file.parentPath, file.name))))));
}

/** 0 for what is not there. */
async function modifiedAtMs(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}

/** False while another living process builds. A lock whose holder died is removed for the next try. */
async function takeLock(): Promise<boolean> {
  try {
    const file = await open(lock, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch {
    const holder = await readFile(lock, 'utf8').catch(() => '');
    if (holder !== '' && !isAlive(Number(holder))) await rm(lock, { force: true });
    return false;
  }
}
