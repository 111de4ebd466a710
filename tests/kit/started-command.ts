import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';
import { projectRoot } from '../../local/start/twin.ts';
import { pollUntil } from './poll-until.ts';
import { isAlive } from './process-alive.ts';

const startsWithinMs = 90_000;
const endsWithinMs = 30_000;

/** `npm start` as a person at a terminal has it: in a process group of its own. */
export interface StartedCommand {
  readonly pid: number;
  /** Complete lines of stdout so far. */
  readonly output: () => string[];
  readonly errors: () => string;
  /** The first line of stdout; throws with what it said instead when it ends without one. */
  firstLine(): Promise<string>;
  /** Itself and all processes below it. */
  processes(): Promise<number[]>;
  /** Ctrl-C: the signal goes to the whole group. */
  interrupt(): void;
  /** The exit code, once it has ended. */
  ended(): Promise<number | null>;
  /** Ends whatever of it is left. */
  kill(): Promise<void>;
}

/**
 * @param temporaryFolder where the command makes its own temporary folders
 * @throws when it would install dependencies first, under the running tests
 */
export async function startCommand(args: readonly string[], temporaryFolder: string): Promise<StartedCommand> {
  await assertInstalled();
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'start', ...args], {
    cwd: projectRoot,
    detached: true,
    env: { ...env, TMPDIR: temporaryFolder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = collect(child, 'stdout');
  const stderr = collect(child, 'stderr');
  const closed = once(child, 'close');
  const pid = child.pid ?? 0;
  const output = () => stdout().split('\n').slice(0, -1);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid,
    output,
    errors: stderr,
    firstLine: () =>
      pollUntil(
        'The line that says all is ready',
        () => {
          const [line] = output();
          if (line === undefined && hasEnded()) throw new Error(`It ended with ${child.exitCode}: ${stderr()}`);
          return line;
        },
        startsWithinMs,
      ),
    processes: () => listTree(pid),
    interrupt: () => process.kill(-pid, 'SIGINT'),
    ended: async () => {
      await pollUntil('The end', () => hasEnded() || undefined, endsWithinMs);
      await closed;
      return child.exitCode;
    },
    kill: async () => {
      if (hasEnded()) return;
      for (const each of await listTree(pid)) if (isAlive(each)) process.kill(each, 'SIGKILL');
      await closed;
    },
  };
}

async function assertInstalled(): Promise<void> {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'package-lock.json']) hash.update(await readFile(join(projectRoot, file)));
  const installed = await readFile(join(projectRoot, 'node_modules', '.installed-for'), 'utf8').catch(() => '');
  if (installed !== hash.digest('hex'))
    throw new Error('node_modules is not that of package-lock.json: npm test installs it');
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = '';
  child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

async function listTree(root: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const tree = [root];
  for (const parent of tree) for (const [pid, ppid] of rows) if (ppid === parent && pid !== undefined) tree.push(pid);
  return tree;
}
