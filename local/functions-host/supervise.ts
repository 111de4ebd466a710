import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type ReadyProcess, readyJsonLine, spawnReady } from '../child-process.ts';
import { HEARTBEAT_SETTING, watchHeartbeat } from './heartbeat.ts';
import { createRestartPolicy } from './restart-policy.ts';

const announcement = z.looseObject({ ready: z.literal(true), url: z.string() });

type HostProcess = ReadyProcess<z.infer<typeof announcement>>;

/** Longer than the host itself takes at most. */
const KILL_AFTER_MS = 12_000;

export interface SupervisorOptions {
  /** The command line of the host, `--restart` among it. */
  readonly args: readonly string[];
  readonly writeLog: (text: string) => void;
}

/**
 * Runs the host as a child and starts it again, on the same port, each time it ends by itself: after a crash or a run past
 * `functionTimeout`, as Azure starts the worker again. One that does not turn for that long is killed. The announcement is passed on once. SIGTERM and SIGINT stop both.
 * @returns the exit code: that of the host when it was stopped, 1 when it cannot start or does not live long again and again
 */
export const superviseHost = async ({ args, writeLog }: SupervisorOptions): Promise<number> => {
  let host: HostProcess | undefined;
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (host === undefined) {
      // One that is starting ends with its parent.
      process.exit(0);
    }
    isStopping = true;
    // Its end is awaited below.
    void host.stop(signal, KILL_AFTER_MS);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  const policy = createRestartPolicy();
  let startedAtMs = performance.now();
  host = await spawnHost(args, writeLog);
  if (host === undefined) {
    return 1;
  }
  process.stdout.write(`${JSON.stringify(host.ready)}\n`);
  const again = [...args, '--port', new URL(host.ready.url).port];
  for (;;) {
    const ended = await host?.exited;
    host = undefined;
    if (isStopping) {
      return ended?.code ?? 1;
    }
    writeLog(`The host has ended (${ended?.signal ?? `exit code ${ended?.code ?? 1}`})\n`);
    const delayMs = policy.delayAfter(performance.now() - startedAtMs);
    if (delayMs === undefined) {
      writeLog('The host does not live long, again and again: giving up\n');
      return 1;
    }
    await wait(delayMs);
    startedAtMs = performance.now();
    host = await spawnHost(again, writeLog);
  }
};

/** Undefined when it does not start; it has said why on stderr. */
const spawnHost = async (
  args: readonly string[],
  writeLog: (text: string) => void,
): Promise<HostProcess | undefined> => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const own = args.filter((arg) => arg !== '--restart');
  // A debugger's port is taken by this process already.
  const flags = process.execArgv.filter((flag) => !flag.startsWith('--inspect'));
  try {
    const host = await spawnReady(process.execPath, [...flags, main, ...own], {
      env: { ...process.env, [HEARTBEAT_SETTING]: '1' },
      readLine: readyJsonLine((value) => announcement.parse(value)),
      onStderr: (line) => writeLog(`${line}\n`),
    });
    watchHeartbeat(host.child, () => {
      writeLog('A function has kept the host from turning for longer than functionTimeout: killing it\n');
      host.child.kill('SIGKILL');
    });
    return host;
  } catch (error) {
    // The rest of the message is the end of the host's stderr, which has been written already.
    writeLog(`${error instanceof Error ? error.message.split('\n')[0] : error}\n`);
    return undefined;
  }
};
