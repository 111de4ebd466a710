import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { QueueServiceClient } from '@azure/storage-queue';
import { build } from 'esbuild';
import { Pool } from 'undici';
import { z } from 'zod';
import { startAzurite } from '../local/azurite.ts';
import { type ReadyProcess, readyJsonLine, spawnReady } from '../local/child-process.ts';
import { median, note, percentile, round } from './report.ts';

const starts = 5;
const requests = 20_000;
/** Azurite gets slower with the length of a queue: this many is what it holds without being the whole measurement. */
const messages = 400;

/** The smallest app that shows the host's own cost. */
const APP = `import { app } from '@azure/functions';
let received = 0;
app.http('ping', { handler: () => ({ body: 'pong' }) });
app.http('received', { handler: () => ({ body: String(received) }) });
app.storageQueue('count', {
  queueName: 'bench',
  connection: 'AzureWebJobsStorage',
  handler: () => {
    received += 1;
  },
});`;

const ready = z.object({ ready: z.literal(true), url: z.string() });

type Host = ReadyProcess<z.infer<typeof ready>>;

interface PingFigures {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface HostFigures {
  /** From the start of the process to its announcement, the app loaded; the median of several. */
  readonly startMs: number;
  /** `GET /api/ping`, by connections. */
  readonly ping: { readonly connections10: PingFigures; readonly connections50: PingFigures };
  /** Received, run and deleted, by a host that finds them waiting. */
  readonly queueMessagesPerSecond: number;
}

/** The local Functions host with an app that does nothing: start, requests and queue messages, with Azurite as storage. */
export async function measureHost(): Promise<HostFigures> {
  const appRoot = await mkdtemp(join(tmpdir(), 'castiel-bench-host-'));
  const azurite = await startAzurite();
  try {
    await writeApp(appRoot);
    const queue = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient('bench');
    await queue.create();
    const startsMs: number[] = [];
    for (let index = 0; index < starts; index += 1) {
      const startedAt = performance.now();
      const host = await startHost(appRoot, azurite.connectionString);
      startsMs.push(performance.now() - startedAt);
      await host.stop();
    }
    note(`host: started in ${startsMs.map((ms) => round(ms, 0)).join(', ')} ms`);
    const host = await startHost(appRoot, azurite.connectionString);
    const connections10 = await measurePing(host, 10);
    const connections50 = await measurePing(host, 50);
    note(`host: ping ${connections10.requestsPerSecond} and ${connections50.requestsPerSecond} requests/s`);
    await host.stop();
    for (let index = 0; index < messages; index += 1) {
      await queue.sendMessage(Buffer.from(`${index}`).toString('base64'));
    }
    const queueMessagesPerSecond = await measureQueue(appRoot, azurite.connectionString);
    return { startMs: round(median(startsMs), 0), ping: { connections10, connections50 }, queueMessagesPerSecond };
  } finally {
    await azurite.close();
    await rm(appRoot, { recursive: true, force: true });
  }
}

async function writeApp(appRoot: string): Promise<void> {
  await build({
    stdin: { contents: APP, resolveDir: import.meta.dirname },
    outfile: join(appRoot, 'main.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['@azure/functions-core'],
    logLevel: 'silent',
  });
  await writeFile(join(appRoot, 'package.json'), '{ "main": "main.cjs" }');
  await writeFile(join(appRoot, 'host.json'), '{ "version": "2.0", "extensions": { "queues": { "batchSize": 16 } } }');
}

function startHost(appRoot: string, connectionString: string): Promise<Host> {
  const main = fileURLToPath(new URL('../local/functions-host/main.ts', import.meta.url));
  return spawnReady(process.execPath, [main, '--app-root', appRoot], {
    env: { PATH: process.env['PATH'], AzureWebJobsStorage: connectionString },
    readLine: readyJsonLine((value) => ready.parse(value)),
  });
}

async function measurePing(host: Host, connections: number): Promise<PingFigures> {
  const pool = new Pool(host.ready.url, { connections });
  const fire = async (count: number): Promise<number[]> => {
    const latencies: number[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < count) {
        next += 1;
        const startedAt = performance.now();
        const { statusCode, body } = await pool.request({ method: 'GET', path: '/api/ping' });
        await body.dump();
        if (statusCode !== 200) throw new Error(`ping answered ${statusCode}`);
        latencies.push(performance.now() - startedAt);
      }
    };
    await Promise.all(Array.from({ length: connections }, worker));
    return latencies;
  };
  await fire(requests / 10);
  const startedAt = performance.now();
  const latencies = await fire(requests);
  const seconds = (performance.now() - startedAt) / 1000;
  await pool.close();
  return {
    requestsPerSecond: round(requests / seconds, 0),
    p50Ms: round(percentile(latencies, 0.5), 2),
    p99Ms: round(percentile(latencies, 0.99), 2),
  };
}

async function measureQueue(appRoot: string, connectionString: string): Promise<number> {
  const host = await startHost(appRoot, connectionString);
  const startedAt = performance.now();
  const deadline = startedAt + 120_000;
  let received = 0;
  while (received < messages) {
    if (performance.now() > deadline) throw new Error(`only ${received} of ${messages} messages were received`);
    await new Promise((resolve) => setTimeout(resolve, 10));
    received = Number(await (await fetch(`${host.ready.url}/api/received`)).text());
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await host.stop();
  return round(messages / seconds, 0);
}
