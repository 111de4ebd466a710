import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CosmosClient } from '@azure/cosmos';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../../local/azurite.ts';
import { type CosmosServer, startCosmos } from '../../../../local/cosmos/server.ts';
import { type RunningHost, runHost } from './run-host.ts';

interface Event {
  readonly kind: 'tick' | 'begin' | 'end' | 'change';
  /** Of the message or the document. */
  readonly key: string;
  readonly pid: number;
  readonly at: number;
}

const MESSAGES = 60;
const CHANGES = 60;
const patience = { timeout: 50_000, interval: 100 };

let azurite: Azurite;
let cosmos: CosmosServer;
let folder: string;
const hosts: RunningHost[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'two-hosts-test-'));
  [azurite, cosmos] = await Promise.all([startAzurite(), startCosmos()]);
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  await Promise.all([azurite.close(), cosmos.close()]);
  await rm(folder, { recursive: true });
});

const startHost = async (): Promise<RunningHost> => {
  const host = await runHost('shared', {
    AzureWebJobsStorage: azurite.connectionString,
    COSMOS: `AccountEndpoint=${cosmos.endpoint};AccountKey=${cosmos.key};`,
    EVENTS_FILE: join(folder, 'events'),
    CASTIEL_HOST_QUEUE_LEASE_SECONDS: '6',
    AzureFunctionsJobHost__singleton__listenerLockRecoveryPollingInterval: '00:00:00.2',
  });
  hosts.push(host);
  return host;
};

const events = async (kind: Event['kind']): Promise<Event[]> => {
  const text = await readFile(join(folder, 'events'), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Event).filter((event) => event.kind === kind);
};
const keysOf = async (kind: Event['kind']): Promise<string[]> => [
  ...new Set((await events(kind)).map(({ key }) => key)),
];

/** From the begin of each run to its end; one that was killed has none. */
const runsOf = async (pid: number): Promise<{ key: string; from: number; to: number }[]> => {
  const own = (list: Event[]) => list.filter((event) => event.pid === pid);
  const ends = new Map(own(await events('end')).map(({ key, at }) => [key, at]));
  return own(await events('begin')).map(({ key, at }) => ({ key, from: at, to: ends.get(key) ?? at }));
};

test('two hosts on one storage account, one of them killed and replaced: no timer twice, nothing lost', async () => {
  const queue = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient('work');
  await queue.create();
  const client = new CosmosClient({ endpoint: cosmos.endpoint, key: cosmos.key });
  const { database } = await client.databases.create({ id: 'shared' });
  const { container } = await database.containers.create({ id: 'items', partitionKey: { paths: ['/pk'] } });
  const feed = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index++) {
      await Promise.all([
        queue.sendMessage(Buffer.from(JSON.stringify({ key: `message${index}` })).toString('base64')),
        container.items.create({ id: `item${index}`, pk: 'same' }),
      ]);
    }
  };

  const [first, second] = await Promise.all([startHost(), startHost()]);
  await feed(0, MESSAGES / 2);
  await expect.poll(async () => (await events('tick')).length, patience).toBeGreaterThan(1);
  await expect.poll(async () => new Set((await events('begin')).map(({ pid }) => pid)).size, patience).toBe(2);
  // Whoever has the feed and the timer at this moment; both go over.
  const feedOwner = (await events('change')).at(-1)?.pid ?? first.pid;
  const [killed, survivor] = feedOwner === first.pid ? [first, second] : [second, first];
  await feed(MESSAGES / 2, MESSAGES - 10);
  await killed.stop('SIGKILL');
  const third = await startHost();
  await feed(MESSAGES - 10, MESSAGES);

  await expect.poll(async () => (await keysOf('end')).length, patience).toBe(MESSAGES);
  await expect.poll(async () => (await keysOf('change')).length, patience).toBe(CHANGES);
  const ticks = (await events('tick')).length;
  await expect.poll(async () => (await events('tick')).length, patience).toBeGreaterThan(ticks + 1);
  client.dispose();

  // A timer of every second never runs twice in one.
  const seconds = (await events('tick')).map(({ at }) => Math.floor(at / 1000));
  expect(new Set(seconds).size).toBe(seconds.length);
  // The order of the partition is kept; what the killed host had in its hands, two at most, comes again.
  expect(await keysOf('change')).toEqual(Array.from({ length: CHANGES }, (_, index) => `item${index}`));
  expect((await events('change')).length).toBeLessThanOrEqual(CHANGES + 2);
  expect((await events('change')).at(-1)?.pid).not.toBe(killed.pid);
  // Nobody works on a message that another has in its hands.
  const runs = (await Promise.all([killed, survivor, third].map(({ pid }) => runsOf(pid)))).flat();
  const byKey = Map.groupBy(runs, ({ key }) => key);
  for (const [key, list] of byKey) {
    const sorted = list.sort((one, other) => one.from - other.from);
    const overlapping = sorted.filter((run, index) => index > 0 && run.from < (sorted[index - 1]?.to ?? 0));
    expect(overlapping, key).toEqual([]);
  }
  const twice = [...byKey].filter(([, list]) => list.length > 1).map(([key]) => key);
  const begunByKilled = new Set((await runsOf(killed.pid)).map(({ key }) => key));
  expect(twice.filter((key) => !begunByKilled.has(key))).toEqual([]);
});
