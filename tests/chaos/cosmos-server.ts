import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Container, CosmosClient } from '@azure/cosmos';

const main = join(import.meta.dirname, '../../local/cosmos/main.ts');

/** A Cosmos DB in a process of its own, and a container in it. */
export interface CosmosProcess {
  readonly container: Container;
  /** Ends the process and waits until it is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

async function readEndpoint(child: ChildProcess): Promise<{ endpoint: string; key: string }> {
  if (child.stdout === null) throw new Error('The output of the process is not piped.');
  for await (const line of createInterface({ input: child.stdout })) {
    return JSON.parse(line) as { endpoint: string; key: string };
  }
  throw new Error('The server ended before it was ready.');
}

/** Reads are this old, except for what a session has seen; the client is one session. */
const staleReads = ['--stale-reads-ms', '3600000'];

/**
 * Starts a server on a data directory. Its client tries nothing again, so that every answer is the first.
 * @param inSession reads lag for as long as the server lives, and the client sends its session's token.
 */
export async function startCosmosProcess(dataDir: string, inSession = false): Promise<CosmosProcess> {
  const flags = ['--data-dir', dataDir, ...(inSession ? staleReads : [])];
  const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { endpoint, key } = await readEndpoint(child);
  const client = new CosmosClient({
    endpoint,
    key,
    connectionPolicy: { enableEndpointDiscovery: false },
    ...(inSession ? { consistencyLevel: 'Session' } : {}),
  });
  const { database } = await client.databases.createIfNotExists({ id: 'chaos' });
  const { container } = await database.containers.createIfNotExists({ id: 'items', partitionKey: { paths: ['/pk'] } });
  return {
    container,
    async end(signal) {
      child.kill(signal);
      await exited;
      client.dispose();
    },
  };
}
