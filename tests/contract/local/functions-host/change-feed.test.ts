import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Container, CosmosClient, type Database } from '@azure/cosmos';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CosmosServer, startCosmos } from '../../../../local/cosmos/server.ts';
import { type RunningHost, runHost } from './run-host.ts';

interface Change {
  readonly id: string;
  readonly pk: string;
  readonly n: number;
  readonly _etag: string;
  readonly _ts: number;
  readonly _lsn: number;
}
interface Run {
  readonly name: string;
  readonly pid: number;
  readonly documents: Change[];
  readonly retry?: { retryCount: number; maxRetryCount: number };
}

const patience = { timeout: 30_000, interval: 50 };

let server: CosmosServer;
let client: CosmosClient;
let database: Database;
let items: Container;
let folder: string;
const hosts: RunningHost[] = [];
let databases = 0;

beforeAll(async () => {
  server = await startCosmos();
  client = new CosmosClient({ endpoint: server.endpoint, key: server.key });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'change-feed-test-'));
  databases++;
  ({ database } = await client.databases.create({ id: `database${databases}` }));
  ({ container: items } = await database.containers.create({ id: 'items', partitionKey: { paths: ['/pk'] } }));
});
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
  await rm(folder, { recursive: true });
});
afterAll(async () => {
  client.dispose();
  await server.close();
});

const startHost = async (
  functions: string,
  env: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<RunningHost> => {
  const settings = {
    APP_FUNCTIONS: functions,
    COSMOS: `AccountEndpoint=${server.endpoint};AccountKey=${server.key};`,
    DATABASE: database.id,
    RUNS_FILE: join(folder, 'runs'),
    ...env,
  };
  const host = await runHost('change-feed', settings, args);
  hosts.push(host);
  return host;
};

const runs = async (name: string): Promise<Run[]> => {
  const text = await readFile(join(folder, 'runs'), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Run).filter((run) => run.name === name);
};
const changes = async (name: string): Promise<string[]> =>
  (await runs(name)).flatMap((run) => run.documents.map((document) => `${document.id}:${document.n}`));
const put = (id: string, n = 0, more: object = {}, pk = 'A') => items.items.upsert({ id, pk, n, ...more });
const leases = async (): Promise<Record<string, unknown>[]> => {
  const { resources } = await database.container('leases').items.readAll().fetchAll();
  return resources;
};
/** The feed of that function is read, up to now. */
const listens = (name: string) =>
  expect
    .poll(
      async () => (await leases()).some((lease) => `${lease['id']}`.startsWith(name) && lease['Owner'] !== null),
      patience,
    )
    .toBe(true);

describe('where a new lease begins', () => {
  test('now, unless told; the lease keeps the place also while no host runs', async () => {
    await put('before');
    const host = await startHost('fromNow');
    await listens('fromNow');
    await put('after', 1);
    await put('after', 2);
    await put('last', 3);
    await expect.poll(() => changes('fromNow'), patience).toContain('last:3');
    expect(await changes('fromNow')).not.toContain('before:0');
    expect((await changes('fromNow')).filter((change) => change.startsWith('after'))).toContain('after:2');
    const [document] = (await runs('fromNow')).flatMap((run) => run.documents);
    expect(document).toMatchObject({
      pk: 'A',
      _etag: expect.any(String),
      _ts: expect.any(Number),
      _lsn: expect.any(Number),
    });

    expect(await host.stop()).toEqual({ code: 0, signal: null });
    expect(await leases()).toMatchObject([{ Owner: null, ContinuationToken: expect.any(String) }]);
    await put('meanwhile', 4);
    await startHost('fromNow');
    await expect.poll(() => changes('fromNow'), patience).toContain('meanwhile:4');
    expect((await changes('fromNow')).filter((change) => change === 'last:3')).toHaveLength(1);
  });

  test('a host that stops before the first change has missed nothing', async () => {
    const host = await startHost('fromNow');
    await listens('fromNow');
    await host.stop();
    await put('meanwhile');
    await startHost('fromNow');
    await expect.poll(() => changes('fromNow'), patience).toEqual(['meanwhile:0']);
  });

  test('at the beginning, in batches no larger than asked for, in order', async () => {
    const expected = Array.from({ length: 10 }, (_, index) => `item${index}:${index}`);
    for (let index = 0; index < 10; index++) {
      await put(`item${index}`, index);
    }
    await startHost('fromBeginning');
    await expect.poll(() => changes('fromBeginning'), patience).toEqual(expected);
    expect((await runs('fromBeginning')).map((run) => run.documents.length)).toEqual([3, 3, 3, 1]);
  });

  test('at a time', async () => {
    await put('old');
    const { resource } = await items.item('old', 'A').read<Change>();
    const startTime = new Date(((resource?._ts ?? 0) + 1) * 1000);
    await expect.poll(() => Date.now() > startTime.getTime(), patience).toBe(true);
    await put('new', 1);
    await startHost('fromTime', { START_TIME: startTime.toISOString() });
    await expect.poll(() => changes('fromTime'), patience).toEqual(['new:1']);
  });
});

describe('a batch that fails', () => {
  test('is lost without a retry policy, as in Azure; the next ones run', async () => {
    const host = await startHost('losing');
    await listens('losing');
    await put('poison', 0, { isPoison: true });
    await put('good', 1);
    await expect.poll(() => changes('losing'), patience).toEqual(['poison:0', 'good:1']);
    expect(host.stderr()).toContain('A batch of 1 changes failed and is lost');
  });

  test('is tried as often as its policy says, then lost', async () => {
    await startHost('trying');
    await listens('trying');
    await put('poison', 0, { isPoison: true });
    await put('good', 1);
    await expect.poll(() => changes('trying'), patience).toEqual(['poison:0', 'poison:0', 'poison:0', 'good:1']);
    const retries = (await runs('trying')).map((run) => run.retry?.retryCount);
    expect(retries).toEqual([undefined, 1, 2, undefined]);
  });

  test('blocks its partition under an endless policy, over a restart too, until it is mended', async () => {
    const host = await startHost('keeping');
    await listens('keeping');
    await put('poison', 0, { isPoison: true });
    await put('good', 1);
    await expect.poll(async () => (await runs('keeping')).length, patience).toBeGreaterThan(3);
    expect((await runs('keeping')).at(-1)?.retry).toMatchObject({ maxRetryCount: -1 });
    await host.stop();
    const before = (await runs('keeping')).length;
    await startHost('keeping');
    await expect.poll(async () => (await runs('keeping')).length, patience).toBeGreaterThan(before + 1);
    expect(new Set(await changes('keeping'))).toEqual(new Set(['poison:0']));
    // The batch in hand stays as it was read; a host that starts anew reads the latest version.
    await Promise.all(hosts.splice(0).map((each) => each.stop()));
    await put('poison', 2);
    await startHost('keeping');
    await expect.poll(async () => (await changes('keeping')).slice(-2), patience).toEqual(['good:1', 'poison:2']);
  });
});

describe('a batch that runs', () => {
  test('for longer than its lease lasts stays with its host', async () => {
    await startHost('long');
    await listens('long');
    await startHost('long');
    await put('first', 1);
    await expect.poll(async () => (await runs('long')).length, patience).toBe(1);
    await put('second', 2);
    // It only runs once the first is behind.
    await expect.poll(() => changes('long'), patience).toEqual(['first:1', 'second:2']);
    expect(new Set((await runs('long')).map((run) => run.pid)).size).toBe(1);
  });

  test('is finished, and its place kept, when the host is asked to stop', async () => {
    const host = await startHost('long');
    await listens('long');
    await put('first', 1);
    await expect.poll(async () => (await runs('long')).length, patience).toBe(1);
    expect(await host.stop()).toEqual({ code: 0, signal: null });
    await startHost('long');
    await put('second', 2);
    await expect.poll(() => changes('long'), patience).toEqual(['first:1', 'second:2']);
  });

  test('is read again when the app crashes', async () => {
    const host = await startHost('crashing', {}, ['--restart']);
    await listens('crashing');
    await put('one', 1);
    await expect.poll(() => changes('crashing'), patience).toEqual(['one:1', 'one:1']);
    expect(host.stderr()).toContain('thrown outside of any handler');
    expect(new Set((await runs('crashing')).map((run) => run.pid)).size).toBe(2);
    expect(host.stderr()).not.toContain('is lost');
  });
});

describe('several hosts', () => {
  test('one has the lease; when it is killed the other goes on, nothing is missed and the order is kept', async () => {
    const count = 20;
    for (let index = 0; index < count; index++) {
      await put(`item${index}`, index);
    }
    const first = await startHost('held');
    await listens('held');
    await startHost('held');
    await expect.poll(async () => (await runs('held')).length, patience).toBe(3);
    expect(new Set((await runs('held')).map((run) => run.pid))).toEqual(new Set([first.pid]));
    await first.stop('SIGKILL');
    await writeFile(join(folder, 'runs.released'), '');
    const all = Array.from({ length: count }, (_, index) => `item${index}:${index}`);
    // The batch that the killed host had in its hands runs again, and that one only.
    const expected = [...all.slice(0, 6), ...all.slice(4)];
    await expect.poll(() => changes('held'), patience).toEqual(expected);
    expect(new Set((await runs('held')).map((run) => run.pid)).size).toBe(2);
  });

  test('a lease that a host elsewhere has is left alone until it runs out', async () => {
    const first = await startHost('fromNow');
    await listens('fromNow');
    await first.stop();
    const [lease] = await leases();
    const elsewhere = { ...lease, Owner: 'elsewhere#1#host', timestamp: new Date().toISOString() };
    await database.container('leases').items.upsert(elsewhere);
    await put('one', 1);
    await startHost('fromNow');
    await expect.poll(() => changes('fromNow'), patience).toEqual(['one:1']);
    expect(Date.now() - Date.parse(elsewhere.timestamp)).toBeGreaterThan(2_000);
  });

  test('a lease that is taken away is not written any more', async () => {
    const host = await startHost('fromNow');
    await listens('fromNow');
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const [lease] = await leases();
    await database.container('leases').items.upsert({ ...lease, Owner: 'elsewhere#1#host', timestamp: later });
    await put('one', 1);
    expect(await host.stop()).toEqual({ code: 0, signal: null });
    // It may have run the batch, but has not kept that it did: the new owner reads it again.
    expect(await leases()).toMatchObject([
      { Owner: 'elsewhere#1#host', timestamp: later, ContinuationToken: lease?.['ContinuationToken'] },
    ]);
  });

  test('functions with prefixes of their own share a lease container, and each sees every change', async () => {
    await startHost('fromNow,losing');
    await listens('fromNow');
    await listens('losing');
    await put('one', 1);
    await expect.poll(() => changes('fromNow'), patience).toEqual(['one:1']);
    await expect.poll(() => changes('losing'), patience).toEqual(['one:1']);
    expect(await leases()).toHaveLength(2);
  });
});

test('a container that is not there yet is waited for, and said to be missing', async () => {
  await items.delete();
  const host = await startHost('fromBeginning');
  await expect.poll(() => host.stderr(), patience).toContain('There is no container "items"');
  ({ container: items } = await database.containers.create({ id: 'items', partitionKey: { paths: ['/pk'] } }));
  await put('one', 1);
  await expect.poll(() => changes('fromBeginning'), patience).toEqual(['one:1']);
});
