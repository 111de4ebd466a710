import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ReadyProcess<Ready> {
  /** What the process announced when it was ready. */
  readonly ready: Ready;
  readonly child: ChildProcess;
  readonly pid: number;
  /** Settles when the process ends, for whatever reason; never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** The last 64 KB of what it wrote to stderr. */
  stderr(): string;
  /**
   * Sends the signal (SIGTERM unless told) and waits for the end; SIGKILL follows after `killAfterMs` (10 s unless
   * told). A process that has ended already just answers its status.
   */
  stop(signal?: NodeJS.Signals, killAfterMs?: number): Promise<ExitStatus>;
}

export interface SpawnReadyOptions<Ready> {
  /** Reads one line of stdout; answers the announcement, or undefined for any other line. */
  readonly readLine: (line: string) => Ready | undefined;
  readonly cwd?: string;
  /** The whole environment of the process; that of this one unless given. */
  readonly env?: NodeJS.ProcessEnv;
  /** How long the announcement may take; 30 s unless given. */
  readonly timeoutMs?: number;
  /** Sees each line of stdout that is not the announcement. */
  readonly onStdout?: (line: string) => void;
  /** Sees each line of stderr. */
  readonly onStderr?: (line: string) => void;
}

const STDERR_TAIL_BYTES = 64 * 1024;

/**
 * Preloaded into Node children: when this process dies, even by SIGKILL, the channel closes and the child stops itself
 * as if asked to. The channel is unreferenced so that it never keeps a child alive that has nothing left to do.
 */
const STOP_WITH_PARENT =
  'data:text/javascript,process.channel?.unref();process.on("disconnect",()=>process.kill(process.pid,"SIGTERM"))';

/** Reads the announcement `{"ready":true,...}` that our own processes print as one JSON line, checked by `parse`. */
export const readyJsonLine =
  <Ready>(parse: (value: unknown) => Ready) =>
  (line: string): Ready | undefined =>
    line.startsWith('{"ready":true') ? parse(JSON.parse(line)) : undefined;

/**
 * Starts a process and resolves when it announces on stdout that it is ready; rejects, with the end of its stderr, when
 * it ends before that, cannot be started or takes longer than `timeoutMs`. The process has its own process group, so a
 * Ctrl-C in the terminal reaches only this process, which decides the order in which the others stop.
 */
export const spawnReady = async <Ready>(
  command: string,
  args: readonly string[],
  options: SpawnReadyOptions<Ready>,
): Promise<ReadyProcess<Ready>> => {
  const isNode = command === process.execPath;
  const child = spawn(command, isNode ? ['--import', STOP_WITH_PARENT, ...args] : args, {
    detached: true,
    env: options.env ?? process.env,
    stdio: isNode ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const stderr = collectStderr(child, options.onStderr);
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM', killAfterMs = 10_000): Promise<ExitStatus> => {
    child.kill(signal);
    const deadline = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    const status = await exited;
    clearTimeout(deadline);
    return status;
  };
  try {
    await once(child, 'spawn');
    const ready = await awaitReady(child, exited, stderr, command, args, options);
    return { ready, child, pid: child.pid ?? 0, exited, stderr, stop };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
};

const collectStderr = (child: ChildProcess, onLine: ((line: string) => void) | undefined): (() => string) => {
  let tail = '';
  if (child.stderr !== null) {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      tail = (tail + chunk).slice(-STDERR_TAIL_BYTES);
    });
    if (onLine !== undefined) {
      createInterface({ input: child.stderr }).on('line', onLine);
    }
  }
  return () => tail;
};

const awaitReady = <Ready>(
  child: ChildProcess,
  exited: Promise<ExitStatus>,
  stderr: () => string,
  command: string,
  args: readonly string[],
  options: SpawnReadyOptions<Ready>,
): Promise<Ready> =>
  new Promise((resolve, reject) => {
    const name = [command, ...args].join(' ');
    const timeoutMs = options.timeoutMs ?? 30_000;
    const fail = (reason: string): void => {
      clearTimeout(deadline);
      reject(new Error(`${name} ${reason}\n${stderr()}`));
    };
    const deadline = setTimeout(() => fail(`was not ready after ${timeoutMs} ms`), timeoutMs);
    exited.then(
      ({ code, signal }) => fail(`ended before it was ready (${signal ?? `exit code ${code}`})`),
      () => undefined,
    );
    if (child.stdout === null) {
      fail('has no stdout');
      return;
    }
    let announced = false;
    createInterface({ input: child.stdout }).on('line', (line) => {
      try {
        const ready = announced ? undefined : options.readLine(line);
        if (ready === undefined) {
          options.onStdout?.(line);
          return;
        }
        announced = true;
        clearTimeout(deadline);
        resolve(ready);
      } catch (error) {
        fail(`announced something that cannot be read: ${String(error)}`);
      }
    });
  });
