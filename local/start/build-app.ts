import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { projectRoot } from './twin.ts';

/** Builds the app into `dist/`. Rejects with the compiler's messages. */
export async function buildApp(): Promise<void> {
  await promisify(execFile)(process.execPath, ['scripts/build.ts'], { cwd: projectRoot });
}
