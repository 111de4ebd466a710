import { type Container, CosmosClient, type CosmosClientOptions, type OperationInput, PluginOn } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { type Account, refusedWith, startAccount } from '../account.ts';
import { postItems } from '../post-items.ts';
import { testBehaviours } from './behaviours.ts';

let account: Account;
let container: Container;

beforeAll(async () => {
  account = await startAccount();
});
beforeEach(async () => {
  container = await account.container();
  await container.items.create({ id: 'there', pk: 'p', n: 29 });
});
afterAll(() => account.close());

async function batchOfOne(operation: object): Promise<unknown> {
  const { code, result } = await container.items.batch([operation] as OperationInput[], 'p');
  expect(code).toBe(200);
  return result?.[0]?.statusCode;
}

const run = async (query: string, parameters: { name: string; value: string }[] = []): Promise<unknown[]> =>
  (await container.items.query({ query, parameters }, { partitionKey: 'p' }).fetchAll()).resources;

/** The requests for items that work needs, once the client knows the container. */
async function requestsOf(work: (counted: Container) => Promise<unknown>): Promise<string[]> {
  const requests: string[] = [];
  const count = {
    on: PluginOn.request,
    plugin: (
      context: { path?: string; headers: Record<string, unknown> },
      _: unknown,
      next: (of: unknown) => unknown,
    ) => {
      const isPlan = context.headers['x-ms-cosmos-is-query-plan-request'] !== undefined;
      if (context.path?.includes('/docs') === true) requests.push(isPlan ? 'plan' : 'items');
      return next(context);
    },
  };
  const { endpoint, key } = account.server;
  const client = new CosmosClient({ endpoint, key, plugins: [count] } as unknown as CosmosClientOptions);
  const counted = client.database('test').container(container.id);
  await counted.items.readAll().fetchAll();
  requests.length = 0;
  await work(counted);
  client.dispose();
  return requests;
}

testBehaviours('08-robust', {
  'falsy partition keys are partitions of their own': async () => {
    const keys = ['', 0, null, false];
    for (const pk of keys) expect((await container.items.create({ id: 'same', pk })).statusCode).toBe(201);
    for (const pk of keys) expect((await container.item('same', pk as string).read()).resource?.pk).toBe(pk);
  },
  'create in an absent container': async () => {
    expect(await refusedWith(account.database.container('none').items.create({ id: 'a' }))).toBe(404);
  },
  'query in an absent container': async () => {
    expect(await refusedWith(account.database.container('none').items.query('SELECT * FROM c').fetchAll())).toBe(404);
  },
  'query in an absent database': async () => {
    const { items } = account.client.database('none').container('c');
    expect(await refusedWith(items.query('SELECT * FROM c').fetchAll())).toBe(404);
  },
  'a batch of one create': async () => {
    expect(await batchOfOne({ operationType: 'Create', resourceBody: { id: 'a', pk: 'p' } })).toBe(201);
  },
  'a batch of one upsert': async () => {
    expect(await batchOfOne({ operationType: 'Upsert', resourceBody: { id: 'there', pk: 'p' } })).toBe(200);
  },
  'a batch of one replace': async () => {
    const resourceBody = { id: 'there', pk: 'p' };
    expect(await batchOfOne({ operationType: 'Replace', id: 'there', resourceBody })).toBe(200);
  },
  'a batch of one read': async () => {
    expect(await batchOfOne({ operationType: 'Read', id: 'there' })).toBe(200);
  },
  'a batch of one delete': async () => {
    expect(await batchOfOne({ operationType: 'Delete', id: 'there' })).toBe(204);
  },
  'a batch of one patch': async () => {
    const resourceBody = { operations: [{ op: 'incr', path: '/n', value: 1 }] };
    expect(await batchOfOne({ operationType: 'Patch', id: 'there', resourceBody })).toBe(200);
  },
  'an operation of a batch that names the batch’s key as JSON': async () => {
    // The SDK makes JSON of what it is given, so this is the key of another partition.
    const read = batchOfOne({ operationType: 'Read', id: 'there', partitionKey: '["p"]' });
    await expect(read).rejects.toMatchObject({ cause: { code: 400 } });
  },
  'NOT with parentheses': async () => {
    expect(await run('SELECT VALUE c.id FROM c WHERE NOT (c.n < 29)')).toEqual(['there']);
    expect(await run('SELECT VALUE c.id FROM c WHERE NOT (c.n < 30)')).toEqual([]);
  },
  'a body that is no JSON': async () => {
    expect((await postItems(account.server, container.id, '{"id": ')).status).toBe(400);
    expect((await container.items.create({ id: 'a', pk: 'p' })).statusCode).toBe(201);
  },
  'a function on a wrong type': async () => {
    expect(await run("SELECT ABS('x') AS a, c.id FROM c")).toEqual([{ id: 'there' }]);
  },
  'a query cannot inject code': async () => {
    const attacks = [
      "'; process.exit(1); '",
      "x') OR 1=1 --",
      '\\u0027 + process.exit(1)',
      "'; DROP TABLE items_1; --",
    ];
    for (const value of attacks) {
      expect(await run('SELECT VALUE c.id FROM c WHERE c.id = @x', [{ name: '@x', value }])).toEqual([]);
      expect(await run(`SELECT VALUE c.id FROM c WHERE c.id = ${JSON.stringify(value)}`)).toEqual([]);
    }
    expect(await run('SELECT VALUE c.id FROM c')).toEqual(['there']);
  },
  'the order of writes in one second': async () => {
    const items = await Promise.all(
      Array.from({ length: 30 }, (_, n) => container.items.create({ id: `${n}`, pk: 'p' })),
    );
    const seconds = items.map(({ resource }) => resource?._ts);
    // More writes than seconds: some have the same time, which therefore tells no order.
    expect(new Set(seconds).size).toBeLessThan(30);
    expect(await run('SELECT VALUE c.id FROM c ORDER BY c._ts')).toHaveLength(31);
  },
  'the requests of a query': async () => {
    const query = (counted: Container) => counted.items.query('SELECT * FROM c', { partitionKey: 'p' }).fetchAll();
    expect(await requestsOf(query)).toEqual(['plan', 'items']);
  },
  'the requests of a create': async () => {
    expect(await requestsOf((counted) => counted.items.create({ id: 'a', pk: 'p' }))).toEqual(['items']);
  },
  'priority and consistency options': async () => {
    const options = { consistencyLevel: 'Eventual', priorityLevel: 'Low' } as never;
    expect((await container.items.create({ id: 'a', pk: 'p' }, options)).statusCode).toBe(201);
    expect((await container.item('a', 'p').read(options)).statusCode).toBe(200);
  },
  'a point write without content in its answer': async () => {
    // The SDK has the option for batch and bulk alone, and says so.
    const options = { contentResponseOnWriteEnabled: false } as never;
    await expect(container.items.create({ id: 'a', pk: 'p' }, options)).rejects.toThrow();
  },
  deleteAllItemsForPartitionKey: async () => {
    await container.items.create({ id: 'there', pk: 'q' });
    await container.deleteAllItemsForPartitionKey('p');
    expect((await container.item('there', 'p').read()).statusCode).toBe(404);
    expect((await container.item('there', 'q').read()).statusCode).toBe(200);
  },
  'partition key definition, ranges and feed ranges': async () => {
    expect((await container.getPartitionKeyDefinition()).resource).toMatchObject({ paths: ['/pk'], kind: 'Hash' });
    const { resources } = await container.readPartitionKeyRanges().fetchAll();
    expect(resources).toMatchObject([{ id: '0', minInclusive: '', maxExclusive: 'FF' }]);
    expect(await container.getFeedRanges()).toHaveLength(1);
  },
});
