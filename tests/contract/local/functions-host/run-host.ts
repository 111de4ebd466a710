import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type ReadyProcess, readyJsonLine, spawnReady } from '../../../../local/child-process.ts';

const announcement = z.object({ ready: z.literal(true), url: z.string(), functions: z.array(z.string()) });

const MAIN = fileURLToPath(new URL('../../../../local/functions-host/main.ts', import.meta.url));

export type RunningHost = ReadyProcess<z.infer<typeof announcement>>;

/** Starts the host as a process of its own, with one of the apps of this folder or one in an absolute folder. */
export const runHost = (
  app: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<RunningHost> => {
  const appRoot = resolve(import.meta.dirname, 'apps', app);
  return spawnReady(process.execPath, [MAIN, '--app-root', appRoot, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    readLine: readyJsonLine((value) => announcement.parse(value)),
  });
};

/** The settings that the CommonJS app asks for. */
export const commonJsSettings = (connectionString: string): Record<string, string> => ({
  AzureWebJobsStorage: connectionString,
  MANY_QUEUE: 'many',
  EVERY_SECOND: '* * * * * *',
  'AzureWebJobs.off.Disabled': 'true',
});

/** Asks one of the app's own functions for what it has seen. */
export const ask = async <Answer>(host: RunningHost, path: string): Promise<Answer> => {
  const response = await fetch(`${host.ready.url}/api/${path}`);
  return (await response.json()) as Answer;
};
