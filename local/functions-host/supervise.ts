import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type ReadyProcess, readyJsonLine, spawnReady } from '../child-process.ts';
import { HEARTBEAT_SETTING, watchHeartbeat } from './heartbeat.ts';
import { createRestartPolicy } from './restart-policy.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const announcement = z.looseObject({ ready: z.literal(true), url: z.string() });

type HostProcess = ReadyProcess<z.infer<typeof announcement>>;

/** Longer than the host itself takes at most. */
const KILL_AFTER_MS = 12_000;

export interface SupervisorOptions {
  /** Node's own flags for the host. */
  readonly nodeFlags: readonly string[];
  /** The command line of the host. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Takes a line, without its end. */
  readonly writeLog: (line: string) => void;
}

/** A host that is started again when it ends by itself. */
export interface SupervisedHost {
  /** The announcement of the first start. */
  readonly ready: HostProcess['ready'];
  /** Process id of the host that runs now, or of the one that ran last. */
  pid(): number;
  /** Settles with the exit code: that of the host when it was stopped, 1 when it does not live long again and again. */
  readonly ended: Promise<number>;
  /** Ends the host by that signal (SIGTERM unless told), for good. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

/**
 * Runs the host as a child and starts it again, on the same port, each time it ends by itself: after a crash or a run past
 * `functionTimeout`, as Azure starts the worker again. One that does not turn for that long is killed.
 * @returns undefined when it cannot start; it has said why
 */
export const superviseHost = async (options: SupervisorOptions): Promise<SupervisedHost | undefined> => {
  const { args, writeLog } = options;
  const policy = createRestartPolicy();
  const stopping = new AbortController();
  let startedAtMs = performance.now();
  const first = await spawnHost(args, options);
  if (first === undefined) {
    return;
  }
  let host: HostProcess = first;
  let stopSignal: NodeJS.Signals = 'SIGTERM';
  const again = [...args, '--port', new URL(first.ready.url).port];

  const watch = async (): Promise<number> => {
    for (;;) {
      const { code, signal } = await host.exited;
      if (stopping.signal.aborted) {
        return code ?? 1;
      }
      writeLog(`WARNING: The host has ended (${signal ?? `exit code ${code ?? 1}`})`);
      const delayMs = policy.delayAfter(performance.now() - startedAtMs);
      if (delayMs === undefined) {
        writeLog('ERROR: The host does not live long, again and again: giving up');
        return 1;
      }
      await pauseUnlessStopped(delayMs, stopping.signal);
      startedAtMs = performance.now();
      const next = stopping.signal.aborted ? undefined : await spawnHost(again, options);
      host = next ?? host;
      if (stopping.signal.aborted) {
        return (await host.stop(stopSignal, KILL_AFTER_MS)).code ?? 1;
      }
    }
  };
  const ended = watch();
  return {
    ready: first.ready,
    pid: () => host.pid,
    ended,
    stop: async (signal = 'SIGTERM') => {
      stopSignal = signal;
      stopping.abort();
      await host.stop(signal, KILL_AFTER_MS);
      return ended;
    },
  };
};

const pauseUnlessStopped = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
};

/** Undefined when it does not start; it has said why on stderr. */
const spawnHost = async (args: readonly string[], options: SupervisorOptions): Promise<HostProcess | undefined> => {
  const { nodeFlags, env, cwd, writeLog } = options;
  try {
    const host = await spawnReady(process.execPath, [...nodeFlags, MAIN, ...args], {
      env: { ...env, [HEARTBEAT_SETTING]: '1' },
      readLine: readyJsonLine((value) => announcement.parse(value)),
      onStderr: writeLog,
      ...(cwd === undefined ? {} : { cwd }),
    });
    watchHeartbeat(host.child, () => {
      writeLog('WARNING: A function has kept the host from turning for longer than functionTimeout: killing it');
      host.child.kill('SIGKILL');
    });
    return host;
  } catch (error) {
    // The rest of the message is the end of the host's stderr, which has been written already.
    writeLog(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
    return undefined;
  }
};
