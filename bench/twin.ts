import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ReadyProcess, spawnReady } from '../local/child-process.ts';
import { projectRoot } from '../local/start/twin.ts';
import { measureCosmos } from './cosmos-twin.ts';
import { measureHost } from './host-twin.ts';
import { median, note, round } from './report.ts';

const starts = 3;
const restMs = 5000;

/** Resident memory in MB. Each process counts Node's own code, about 35 MB, which the system holds once. */
interface Memory {
  readonly app: number;
  readonly cosmos: number;
  readonly azurite: number;
  readonly crm: number;
  readonly sum: number;
  /** The process of `npm start` itself, with issuer and vault; not in the sum. */
  readonly starter: number;
}

/** What is measured of the whole twin: how soon it is there again, and what it holds while nothing happens. */
interface TwinFigures {
  /** From the command to everything ready, the build included, on a data folder with a synced demo tenant. */
  readonly warmStartSeconds: number;
  /** After such a start. */
  readonly idleMb: Memory;
  /** In the process that synced the demo CRM of 48,974 records before. */
  readonly idleAfterSyncMb: Memory;
}

/** The whole twin, then its parts each by themselves. */
export async function measureTwin(): Promise<Readonly<Record<string, unknown>>> {
  const whole = await measureWholeTwin();
  const cosmos = await measureCosmos();
  note(`cosmos: ${JSON.stringify(cosmos)}`);
  return { ...whole, cosmos, host: await measureHost() };
}

/** Starts the twin as `npm start` does: once to fill a data folder with the demo, then again and again on that folder. */
async function measureWholeTwin(): Promise<TwinFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-bench-'));
  try {
    const { idle: idleAfterSyncMb } = await measureStart(dataDir, []);
    note(`after the demo sync: ${JSON.stringify(idleAfterSyncMb)}`);
    const measured: { seconds: number; idle: Memory }[] = [];
    for (let index = 0; index < starts; index += 1) {
      const start = await measureStart(dataDir, ['--no-demo']);
      note(`warm start: ${JSON.stringify(start)}`);
      measured.push(start);
    }
    return {
      warmStartSeconds: median(measured.map(({ seconds }) => seconds)),
      idleMb: medianOf(measured.map(({ idle }) => idle)),
      idleAfterSyncMb,
    };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measureStart(dataDir: string, more: readonly string[]): Promise<{ seconds: number; idle: Memory }> {
  const startedAt = performance.now();
  const command = ['local/start/main.ts', '--json', '--port', '0', '--data-dir', dataDir, ...more];
  const starter: ReadyProcess<true> = await spawnReady(process.execPath, command, {
    cwd: projectRoot,
    readLine: (line) => (line.startsWith('{"api":') ? true : undefined),
    timeoutMs: 180_000,
  });
  const seconds = round((performance.now() - startedAt) / 1000, 2);
  try {
    await new Promise((resolve) => setTimeout(resolve, restMs));
    return { seconds, idle: await readMemory(starter.pid) };
  } finally {
    await starter.stop('SIGINT', 30_000);
  }
}

/** By the command line of each process that the starter has started. */
const processes = {
  app: 'local/functions-host/main.ts',
  cosmos: 'local/cosmos/main.ts',
  azurite: 'azurite.js',
  crm: 'local/demo-crm/main.ts',
} as const;

async function readMemory(starterPid: number): Promise<Memory> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,ppid=,rss=,args=']);
  const rows = stdout.split('\n').map((line) => {
    const [pid, parent, kilobytes, ...words] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), mb: Number(kilobytes) / 1024, command: words.join(' ') };
  });
  const held = (name: keyof typeof processes): number => {
    const found = rows.filter(({ parent, command }) => parent === starterPid && command.includes(processes[name]));
    const [only] = found;
    if (only === undefined || found.length > 1) throw new Error(`${found.length} processes of ${name} run`);
    return round(only.mb, 0);
  };
  const [app, cosmos, azurite, crm] = [held('app'), held('cosmos'), held('azurite'), held('crm')];
  const starter = round(rows.find(({ pid }) => pid === starterPid)?.mb ?? Number.NaN, 0);
  return { app, cosmos, azurite, crm, sum: app + cosmos + azurite + crm, starter };
}

function medianOf(all: readonly Memory[]): Memory {
  const of = (name: keyof Memory): number => median(all.map((each) => each[name]));
  return {
    app: of('app'),
    cosmos: of('cosmos'),
    azurite: of('azurite'),
    crm: of('crm'),
    sum: of('sum'),
    starter: of('starter'),
  };
}
