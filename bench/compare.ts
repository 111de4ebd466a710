import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readyJsonLine, spawnReady } from '../local/child-process.ts';
import type { ExecutionDocument } from '../shared/core/documents/execution.ts';
import { pageIdOf } from '../shared/core/documents/execution.ts';
import type { LinkDocument } from '../shared/core/documents/link.ts';
import { linkIdOf } from '../shared/core/observation.ts';
import type { Write } from '../shared/core/ports.ts';
import { writeSeen } from '../shared/core/seen-records.ts';
import { workOnSlice } from '../shared/use-cases/work-on-slice.ts';
import { openStores } from '../tests/contract/ports/cosmos-harness.ts';
import { MemoryLog } from '../tests/kit/memory-services.ts';
import { sampleShard } from '../tests/kit/sample-documents.ts';
import { createSyncHarness, type SyncHarness } from '../tests/kit/sync-harness.ts';
import { note, round } from './report.ts';

const defaultLinks = 100_000;
const pageSize = 500;
/** One record in so many is gone. */
const goneEvery = 1000;
const perWrite = 2000;
const memoryEveryMs = 20;

const cosmosReady = z.object({ endpoint: z.string(), key: z.string() });
const counted = ['links', 'shards', 'journal', 'runs.pages', 'runs.missing', 'runs.commit', 'leases'] as const;

/** What the end of a full read costs: all links against all that its pages showed, in the local Cosmos, and the deletion of what is missing. */
export async function measureCompare(): Promise<Readonly<Record<string, unknown>>> {
  const links = linksAsked();
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-bench-'));
  const main = join(import.meta.dirname, '../local/cosmos/main.ts');
  const cosmos = await spawnReady(process.execPath, [main, '--data-dir', dataDir], {
    readLine: readyJsonLine((line) => cosmosReady.parse(line)),
  });
  try {
    const { endpoint, key } = cosmos.ready;
    const holds = { deletedRecords: links, deletedShare: 1, overwrittenRecords: 50, overwrittenShare: 1 };
    const harness = await createSyncHarness({ task: { mode: 'full', holds } });
    const requests = new Map<string, number>();
    const { links: linkStore, shards, journal, runs } = openStores(endpoint, key, new MemoryLog());
    Object.assign(harness.deps, { links: linkStore, shards, journal, runs, now: () => new Date() });
    const gone = await fillLinks(harness, links);
    const execution = await planRead(harness, links);
    countCalls(harness, requests);
    return { links, ...(await compare(harness, execution, gone)), requests: Object.fromEntries(requests) };
  } finally {
    await cosmos.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function linksAsked(): number {
  const at = process.argv.indexOf('--links');
  return at < 0
    ? defaultLinks
    : z.coerce
        .number()
        .int()
        .min(1)
        .parse(process.argv[at + 1]);
}

function linkAt(integrationId: string, index: number): LinkDocument {
  const externalId = `record-${index}`;
  return {
    id: linkIdOf(integrationId, 'people', externalId, 'contact'),
    tenantId: 'acme',
    schemaVersion: 1,
    integrationId,
    object: 'people',
    externalId,
    shardTypeId: 'contact',
    shardId: `shd_${String(index).padStart(26, '0')}`,
    state: 'settled',
    hash: 'a-hash-of-the-values-22',
    version: 1,
    observed: { fence: 1, page: 0 },
    last: { executionId: 'exe_earlier', page: 0, outcome: 'created' },
  };
}

/** Returns how many are gone. Only these need shards. */
async function fillLinks({ deps, scope, task }: SyncHarness, count: number): Promise<number> {
  const { integrationId } = await task();
  const goneLinks: LinkDocument[] = [];
  for (let first = 0; first < count; first += perWrite) {
    const documents = Array.from({ length: Math.min(perWrite, count - first) }, (_, at) =>
      linkAt(integrationId, first + at),
    );
    await deps.links.writeMany(
      scope,
      documents.map((document): Write<LinkDocument> => ({ kind: 'create', document })),
    );
    goneLinks.push(...documents.filter((_, at) => isGone(first + at)));
    if (first % 100_000 === 0) note(`compare: ${first + documents.length} links`);
  }
  await deps.shards.writeMany(
    scope,
    goneLinks.map(({ id, shardId, externalId, object, observed }) => {
      const last = { executionId: 'exe_earlier', page: 0, outcome: 'created' as const };
      const data = { name: externalId };
      const source = { integrationId, object, externalId, externalBase: data, observed, deleted: false, last };
      const shard = sampleShard('acme', { id: shardId, shardTypeId: 'contact', data, sources: { [id]: source } });
      return { kind: 'create', document: shard };
    }),
  );
  return goneLinks.length;
}

function isGone(index: number): boolean {
  return index % goneEvery === 7;
}

/** A run that has read all its pages, as they would have been committed. */
async function planRead({ deps, scope, task, start }: SyncHarness, count: number): Promise<ExecutionDocument> {
  const { integrationId } = await task();
  const { id } = await start('full');
  const pages = Math.ceil(count / pageSize);
  for (let page = 0; page < pages; page += 1) {
    const indexes = Array.from(
      { length: Math.min(pageSize, count - page * pageSize) },
      (_, at) => page * pageSize + at,
    );
    const shown = indexes.filter((index) => !isGone(index));
    const ids = shown.map((index) => linkIdOf(integrationId, 'people', `record-${index}`, 'contact'));
    const counts = {
      received: ids.length,
      created: 0,
      updated: 0,
      unchanged: ids.length,
      conflicted: 0,
      skipped: 0,
      failed: 0,
    };
    const document = {
      id: pageIdOf(page),
      executionId: id,
      tenantId: 'acme',
      kind: 'page' as const,
      schemaVersion: 1 as const,
      page,
      object: 'people',
      state: 'applied' as const,
      fence: 2,
      linkIds: [],
      seen: writeSeen(ids),
      counts,
      at: deps.now().toISOString(),
    };
    await deps.runs.pages.write(scope, { kind: 'create', document });
  }
  const stored = await deps.runs.executions.get(scope, { id, partition: id });
  if (stored === undefined) throw new Error('The run is gone');
  const shown = count - Math.floor((count - 8) / goneEvery) - 1;
  const execution: ExecutionDocument = {
    ...stored.document,
    checkpoint: { objectIndex: 1, restarted: false },
    pages,
    counts: { ...stored.document.counts, received: shown, unchanged: shown },
    progress: { 0: { received: shown, read: { from: 0, to: pages, fence: 2, records: shown, unidentified: 0 } } },
  };
  await deps.runs.commit(scope, { execution }, stored.etag);
  return execution;
}

function countCalls({ deps }: SyncHarness, requests: Map<string, number>): void {
  for (const name of counted) {
    const [port = '', part] = name.split('.');
    const owner = (part === undefined ? deps : deps[port as 'runs']) as unknown as Record<string, object>;
    const at = part ?? port;
    const target = owner[at];
    if (typeof target === 'function') {
      const call = target as (...given: unknown[]) => unknown;
      owner[at] = (...given: unknown[]) => {
        requests.set(name, (requests.get(name) ?? 0) + 1);
        return call.apply(owner, given);
      };
      continue;
    }
    owner[at] = new Proxy(target as object, {
      get: (store, verb) => {
        const member: unknown = Reflect.get(store, verb);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => {
          requests.set(`${name}.${String(verb)}`, (requests.get(`${name}.${String(verb)}`) ?? 0) + 1);
          return member.apply(store, given);
        };
      },
    });
  }
}

async function compare(harness: SyncHarness, { id }: ExecutionDocument, gone: number): Promise<object> {
  const { deps, scope } = harness;
  globalThis.gc?.();
  const before = process.memoryUsage();
  let peak = 0;
  let peakRss = 0;
  const timer = setInterval(() => {
    const { heapUsed, external, rss } = process.memoryUsage();
    peak = Math.max(peak, heapUsed + external - before.heapUsed - before.external);
    peakRss = Math.max(peakRss, rss);
  }, memoryEveryMs);
  const startedAt = performance.now();
  let slices = 0;
  let run: ExecutionDocument | undefined;
  for (; run?.finishedAt === undefined; slices += 1) {
    const message = deps.syncQueue.receive();
    if (message === undefined) throw new Error(`The run is ${run?.state} and has no message`);
    await workOnSlice(deps, message.envelope);
    message.complete();
    run = (await deps.runs.executions.get(scope, { id, partition: id }))?.document;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(timer);
  const feed = run.comparison?.feeds[0];
  if (feed?.missing !== gone || feed.deleted !== gone)
    throw new Error(`${gone} are gone, and the run says ${JSON.stringify(feed)}`);
  return {
    missing: feed.missing,
    deleted: feed.deleted,
    seconds: round(seconds, 2),
    linksPerSecond: round(feed.links / seconds, 0),
    slices,
    peakHeldMb: round(peak / 1_048_576),
    peakRssMb: round(peakRss / 1_048_576),
  };
}
