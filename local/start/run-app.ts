import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readyJsonLine, spawnReady } from '../child-process.ts';
import { type SupervisorOptions, superviseHost } from '../functions-host/supervise.ts';

/** The app in its host. */
export interface RunningApp {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Of the process that runs now. */
  pid(): number;
  stop(signal?: NodeJS.Signals): Promise<unknown>;
}

export interface RunAppOptions extends SupervisorOptions {
  readonly cwd: string;
  /** Starts it again when it ends by itself. This process does that: another one would hold 100 MB for it. */
  readonly isSupervised: boolean;
}

const hostReady = z.object({ url: z.string() });
const hostMain = fileURLToPath(new URL('../functions-host/main.ts', import.meta.url));

/** Starts the app and resolves when it serves; rejects when it does not come to that. */
export async function runApp(options: RunAppOptions): Promise<RunningApp> {
  if (!options.isSupervised) {
    const app = await spawnReady(process.execPath, [...options.nodeFlags, hostMain, ...options.args], {
      cwd: options.cwd,
      env: options.env,
      readLine: readyJsonLine((value) => hostReady.parse(value)),
      onStderr: options.writeLog,
    });
    return { url: app.ready.url, pid: () => app.pid, stop: (signal) => app.stop(signal) };
  }
  const host = await superviseHost(options);
  if (host === undefined) throw new Error('The app did not start; its log says why');
  return { url: host.ready.url, pid: () => host.pid(), stop: (signal) => host.stop(signal) };
}
