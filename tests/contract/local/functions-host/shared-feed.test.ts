import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CosmosClient } from '@azure/cosmos';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type Azurite, startAzurite } from '../../../../local/azurite.ts';
import { type CosmosServer, startCosmos } from '../../../../local/cosmos/server.ts';
import { type RunningHost, runHost } from './run-host.ts';

const partitionKeys = 24;
const changesEach = 5;
const patience = { timeout: 50_000, interval: 100 };
const changeEvent = z.object({ kind: z.literal('change'), key: z.string(), pid: z.int() });

let azurite: Azurite;
let cosmos: CosmosServer;
let folder: string;
const hosts: RunningHost[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shared-feed-test-'));
});
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
  await cosmos.close();
  await rm(folder, { recursive: true });
});
afterAll(() => azurite.close());

const startHost = async (): Promise<RunningHost> => {
  const host = await runHost('shared', {
    AzureWebJobsStorage: azurite.connectionString,
    COSMOS: `AccountEndpoint=${cosmos.endpoint};AccountKey=${cosmos.key};`,
    EVENTS_FILE: join(folder, 'events'),
  });
  hosts.push(host);
  return host;
};

const changes = async (): Promise<z.infer<typeof changeEvent>[]> => {
  const text = await readFile(join(folder, 'events'), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line.includes('"change"'));
  return lines.map((line) => changeEvent.parse(JSON.parse(line)));
};

test.each([
  ['whose reads are strong', {}],
  ['whose reads lag', { staleReadLagMs: 150 }],
])(
  'two hosts share the change feed of several physical partitions, each key in order, on an account %s',
  async (_, reads) => {
    cosmos = await startCosmos({ partitions: 4, ...reads });
    const client = new CosmosClient({ endpoint: cosmos.endpoint, key: cosmos.key });
    const { database } = await client.databases.create({ id: 'shared' });
    const { container } = await database.containers.create({ id: 'items', partitionKey: { paths: ['/pk'] } });
    const [first, second] = await Promise.all([startHost(), startHost()]);
    const write = async (round: number): Promise<void> => {
      const writes = Array.from({ length: partitionKeys }, (_, pk) =>
        container.items.create({ id: `key${pk}-${round}`, pk: `key${pk}` }),
      );
      await Promise.all(writes);
    };

    // Until the hosts have come to share: a document of each partition key, again and again.
    let round = 0;
    const sharers = async (): Promise<number> => {
      await write(round);
      round += 1;
      return new Set((await changes()).slice(-partitionKeys).map(({ pid }) => pid)).size;
    };
    await expect.poll(sharers, patience).toBe(2);
    const last = round + changesEach;
    for (; round < last; round += 1) await write(round);

    const expected = partitionKeys * last;
    await expect.poll(async () => new Set((await changes()).map(({ key }) => key)).size, patience).toBe(expected);
    client.dispose();
    expect(new Set((await changes()).map(({ pid }) => pid))).toEqual(new Set([first.pid, second.pid]));
    for (let pk = 0; pk < partitionKeys; pk += 1) {
      const own = (await changes()).filter(({ key }) => key.startsWith(`key${pk}-`)).map(({ key }) => key);
      const inOrder = Array.from({ length: last }, (_, index) => `key${pk}-${index}`);
      // While a lease goes from one host to the other a batch may come again; what is new still comes in order.
      expect([...new Set(own)]).toEqual(inOrder);
    }
  },
);
