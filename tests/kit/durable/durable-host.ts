import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type ReadyProcess, readyJsonLine, spawnReady } from '../../../local/child-process.ts';
import { Instances } from './instances.ts';

const announcement = z.object({ ready: z.literal(true), url: z.string() });

const main = fileURLToPath(new URL('../../../local/functions-host/main.ts', import.meta.url));
const appRoot = dirname(fileURLToPath(new URL('./app/main.ts', import.meta.url)));

/** The app of this folder in a host of its own, with state that is gone afterwards. */
export interface DurableHost {
  readonly url: string;
  readonly instances: Instances;
  readonly stateFolder: string;
  readonly ledger: string;
  /** Ends the process, with SIGKILL unless told otherwise, and starts another one on the same state and port. */
  restart(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** The end of what the processes logged. */
  log(): string;
  close(): Promise<void>;
}

export async function startDurableHost(): Promise<DurableHost> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-'));
  const ledger = join(folder, 'ledger.jsonl');
  const stateFolder = join(folder, 'state');
  const start = (port: string): Promise<ReadyProcess<z.infer<typeof announcement>>> =>
    spawnReady(
      process.execPath,
      [main, '--app-root', appRoot, '--port', port, '--ignore-keys', '--durable-dir', stateFolder],
      {
        env: { PATH: process.env['PATH'], LEDGER_FILE: ledger },
        readLine: readyJsonLine((value) => announcement.parse(value)),
      },
    );
  try {
    let running = await start('0');
    const { url } = running.ready;
    return {
      instances: new Instances(url),
      url,
      stateFolder,
      ledger,
      async restart(signal = 'SIGKILL') {
        await running.stop(signal);
        running = await start(new URL(url).port);
      },
      log: () => running.stderr(),
      async close() {
        await running.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
