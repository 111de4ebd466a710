import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container, FeedOptions, OperationInput, SqlQuerySpec } from '@azure/cosmos';
import { type CosmosProcess, startCosmosProcess } from '../tests/chaos/cosmos-server.ts';
import { median, round } from './report.ts';

/** How the local Cosmos DB does, asked through the SDK by this process. */
export interface CosmosFigures {
  readonly connections: number;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
  /** Upserts of 1 KB documents, 100 a request. */
  readonly bulkUpsertsPerSecond: number;
  /** Documents of the container that the queries below are put to. */
  readonly documents: number;
  /** A page of 20 of one partition, median. */
  readonly pageMs: number;
  /** 20 documents of one partition with one property equal, median. */
  readonly equalityMs: number;
  /** A page of 20 of one partition in the order of `_ts`, newest first, median. */
  readonly orderByTsMs: number;
  /** The newest 20 of 25,000 documents with a text that few have, in any case, median. */
  readonly textFilterMs: number;
  /** From the start of a process on a data folder with 1,000,000 documents to the answer of its first point read, median. */
  readonly openMillionMs: number;
}

const connections = 16;
const documents = 100_000;
const million = 1_000_000;
const openings = 3;
const partitions = 4;
const filler = 'x'.repeat(900);
const words = ['north', 'harbour', 'lamp', 'cedar', 'signal', 'paper', 'orbit', 'velvet', 'copper', 'meadow', 'anchor'];

/** Point operations, bulk upserts and queries against a server of its own on a new data folder, gone afterwards. */
export async function measureCosmos(): Promise<CosmosFigures> {
  const figures = await withDataFolder(async (dataDir) => {
    const server = await startCosmosProcess(dataDir);
    try {
      return await measure(server);
    } finally {
      await server.end('SIGTERM');
    }
  });
  return { ...figures, openMillionMs: await withDataFolder(measureOpening) };
}

async function withDataFolder<T>(work: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-bench-'));
  try {
    return await work(dataDir);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measureOpening(dataDir: string): Promise<number> {
  const filling = await startCosmosProcess(dataDir);
  await fill(filling.container, million, (n) => ({ id: idOf(n), pk: partitionOf(n), n }));
  await filling.end('SIGTERM');
  const times: number[] = [];
  for (let opening = 0; opening < openings; opening += 1) {
    const started = performance.now();
    const server = await startCosmosProcess(dataDir);
    const { statusCode } = await server.container.item(idOf(opening), partitionOf(opening)).read();
    times.push(performance.now() - started);
    await server.end('SIGTERM');
    if (statusCode !== 200) throw new Error(`a document of a million was answered with ${statusCode}`);
  }
  return round(median(times), 0);
}

async function measure({ container }: CosmosProcess): Promise<Omit<CosmosFigures, 'openMillionMs'>> {
  const bulkUpsertsPerSecond = await fill(container, documents, documentOf);
  const write = (n: number) => container.items.upsert({ ...documentOf(n), changed: true });
  const read = (n: number) => container.item(idOf(n), partitionOf(n)).read();
  const readsPerSecond = await bestPerSecond(6_000, read);
  const writesPerSecond = await bestPerSecond(4_000, write);
  const ask = (query: string, parameters: SqlQuerySpec['parameters'] = []) =>
    medianMs(container, { query, parameters });
  return {
    connections,
    readsPerSecond,
    writesPerSecond,
    bulkUpsertsPerSecond,
    documents,
    pageMs: await ask('SELECT * FROM c'),
    equalityMs: await ask('SELECT TOP 20 * FROM c WHERE c.owner = @owner', [{ name: '@owner', value: 'owner 76' }]),
    orderByTsMs: await ask('SELECT * FROM c ORDER BY c._ts DESC'),
    textFilterMs: await ask(
      'SELECT TOP 20 * FROM c WHERE c.pk = "p0" AND CONTAINS(c.text, @text, true) ORDER BY c.id DESC',
      [{ name: '@text', value: 'NAME 4712' }],
    ),
  };
}

const idOf = (n: number): string => `d${String(n).padStart(6, '0')}`;
const partitionOf = (n: number): string => `p${n % partitions}`;

function documentOf(n: number): { id: string; pk: string } & Record<string, unknown> {
  const text = Array.from({ length: 12 }, (_, at) => words[(n * 31 + at * 7) % words.length]).join(' ');
  return { id: idOf(n), pk: partitionOf(n), n, owner: `owner ${n % 500}`, text: `${text} name ${n}`, filler };
}

/** Fills the container and says how many documents a second that were. */
async function fill(container: Container, count: number, documentAt: (n: number) => object): Promise<number> {
  const started = performance.now();
  const requests = Array.from({ length: count / 100 }, (_, index) => index * 100);
  await each(4, requests, async (first) => {
    const operations = Array.from({ length: 100 }, (_, at): OperationInput => {
      return { operationType: 'Upsert', resourceBody: documentAt(first + at) as never };
    });
    const results = await container.items.bulk(operations);
    const failed = results.find(({ statusCode }) => statusCode >= 300);
    if (failed !== undefined) throw new Error(`a bulk operation was answered with ${failed.statusCode}`);
  });
  return round(count / ((performance.now() - started) / 1000), 0);
}

/** The best of four rounds, the first of which warms up: what else runs on the machine slows the others down. */
async function bestPerSecond(count: number, operate: (n: number) => Promise<{ statusCode: number }>): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 4; round += 1) rounds.push(await perSecond(count, operate));
  return Math.max(...rounds);
}

/** How many of `count` operations on random documents end in a second. */
async function perSecond(count: number, operate: (n: number) => Promise<{ statusCode: number }>): Promise<number> {
  const numbers = Array.from({ length: count }, () => Math.floor(Math.random() * documents));
  const started = performance.now();
  await each(connections, numbers, async (n) => {
    const { statusCode } = await operate(n);
    if (statusCode >= 300) throw new Error(`an operation was answered with ${statusCode}`);
  });
  return round(count / ((performance.now() - started) / 1000), 0);
}

/** Works off a list, `width` at a time. */
async function each<T>(width: number, list: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = list.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** Median time of a page of 20; the first times, in which the server makes its indexes, do not count. */
async function medianMs(container: Container, query: SqlQuerySpec): Promise<number> {
  const options: FeedOptions = { partitionKey: 'p0', maxItemCount: 20 };
  const times: number[] = [];
  for (let attempt = 0; attempt < 25; attempt += 1) {
    const started = performance.now();
    const { resources } = await container.items.query(query, options).fetchNext();
    if (resources.length === 0) throw new Error(`nothing was found: ${query.query}`);
    if (attempt >= 5) times.push(performance.now() - started);
  }
  return round(median(times), 2);
}
