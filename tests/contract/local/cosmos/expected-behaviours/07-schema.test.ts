import {
  type Container,
  type ContainerDefinition,
  CosmosClient,
  Items,
  type OperationInput,
  PartitionKeyKind,
} from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { type Account, refusal, refusedWith, startAccount } from '../account.ts';
import { testBehaviours } from './behaviours.ts';

let account: Account;
let container: Container;

beforeAll(async () => {
  account = await startAccount();
});
beforeEach(async () => {
  container = await account.container();
});
afterAll(() => account.close());

const byEmail: Partial<ContainerDefinition> = { uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/email'] }] } };

/** A container with the unique key `/email`, in which x is taken by 1 and y by 2. */
async function unique(): Promise<Container> {
  const made = await account.container(byEmail);
  await made.items.create({ id: '1', pk: 'p', email: 'x' });
  await made.items.create({ id: '2', pk: 'p', email: 'y' });
  return made;
}

async function bulkStatus(operationType: 'Create' | 'Upsert'): Promise<unknown> {
  const operation = { operationType, resourceBody: { id: '3', pk: 'p', email: 'x' } } as OperationInput;
  return (await (await unique()).items.bulk([operation]))[0]?.statusCode;
}

/** A container with a key of two parts, in which `same` is below T/a, T/b and S/a. */
async function hierarchical(): Promise<Container> {
  const made = await account.container({
    partitionKey: { paths: ['/t', '/u'], kind: PartitionKeyKind.MultiHash, version: 2 },
  });
  for (const [t, u] of [
    ['T', 'a'],
    ['T', 'b'],
    ['S', 'a'],
  ])
    expect((await made.items.create({ id: 'same', t, u })).statusCode).toBe(201);
  return made;
}

/** What the service has and this server refuses, by name; the README says why. */
async function isRefused(work: Promise<unknown>, name: string): Promise<void> {
  expect(await refusal(work)).toMatchObject({ code: 400, message: expect.stringContaining(name) });
}

/** An id survives every operation that carries it in the address. */
async function keepsId(id: string): Promise<void> {
  expect((await container.items.create({ id, pk: 'p' })).statusCode).toBe(201);
  expect((await container.item(id, 'p').read()).resource?.id).toBe(id);
  const { resource } = await container.item(id, 'p').patch([{ op: 'set', path: '/x', value: 1 }]);
  expect(resource).toMatchObject({ id, x: 1 });
  expect((await container.item(id, 'p').delete()).statusCode).toBe(204);
  expect((await container.item(id, 'p').read()).statusCode).toBe(404);
}

async function offered(): Promise<Container> {
  const id = `offered-${container.id}`;
  const { statusCode, container: made } = await account.database.containers.create({
    id,
    partitionKey: { paths: ['/pk'] },
    throughput: 400,
  });
  expect(statusCode).toBe(201);
  return made;
}

testBehaviours('07-schema', {
  'a unique key in one partition': async () => {
    expect(await refusedWith((await unique()).items.create({ id: '3', pk: 'p', email: 'x' }))).toBe(409);
  },
  'a unique key in another partition': async () => {
    expect((await (await unique()).items.create({ id: '3', pk: 'q', email: 'x' })).statusCode).toBe(201);
  },
  'a unique key against an upsert': async () => {
    const { items } = await unique();
    expect(await refusedWith(items.upsert({ id: '3', pk: 'p', email: 'x' }))).toBe(409);
    expect((await items.upsert({ id: '1', pk: 'p', email: 'x', n: 1 })).statusCode).toBe(200);
  },
  'a unique key against a replace': async () => {
    expect(await refusedWith((await unique()).item('2', 'p').replace({ id: '2', pk: 'p', email: 'x' }))).toBe(409);
  },
  'a unique key against a bulk create': async () => {
    expect(await bulkStatus('Create')).toBe(409);
  },
  'a unique key against a bulk upsert': async () => {
    expect(await bulkStatus('Upsert')).toBe(409);
  },
  'a unique key is freed by a delete': async () => {
    const made = await unique();
    await made.item('1', 'p').delete();
    expect((await made.items.create({ id: '3', pk: 'p', email: 'x' })).statusCode).toBe(201);
  },
  'a unique property that is missing counts as a value': async () => {
    const { items } = await unique();
    expect((await items.create({ id: 'none', pk: 'p' })).statusCode).toBe(201);
    expect(await refusedWith(items.create({ id: 'none too', pk: 'p' }))).toBe(409);
  },
  'a unique key of two properties': async () => {
    const { items } = await account.container({ uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/a', '/b'] }] } });
    await items.create({ id: '1', pk: 'p', a: 1, b: 1 });
    for (const b of [2, '1']) expect((await items.create({ id: `b ${b}`, pk: 'p', a: 1, b })).statusCode).toBe(201);
    expect(await refusedWith(items.create({ id: '3', pk: 'p', a: 1, b: 1 }))).toBe(409);
  },
  'hierarchical keys: create and read': async () => {
    expect(await (await hierarchical()).item('same', ['T', 'a']).read()).toMatchObject({
      statusCode: 200,
      resource: { t: 'T', u: 'a' },
    });
  },
  'hierarchical keys: the same id below another second key': async () => {
    const made = await hierarchical();
    expect((await made.item('same', ['T', 'b']).read()).resource).toMatchObject({ t: 'T', u: 'b' });
    expect(await refusedWith(made.items.create({ id: 'same', t: 'T', u: 'b' }))).toBe(409);
  },
  'hierarchical keys: read under a wrong second key': async () => {
    expect((await (await hierarchical()).item('same', ['T', 'c']).read()).statusCode).toBe(404);
  },
  'hierarchical keys: query of a prefix': async () => {
    const query = (await hierarchical()).items.query('SELECT c.t, c.u FROM c', { partitionKey: ['T'] });
    expect((await query.fetchAll()).resources).toEqual([
      { t: 'T', u: 'a' },
      { t: 'T', u: 'b' },
    ]);
  },
  'hierarchical keys: patch': async () => {
    const made = await hierarchical();
    expect((await made.item('same', ['T', 'a']).patch([{ op: 'set', path: '/n', value: 1 }])).statusCode).toBe(200);
    expect((await made.item('same', ['T', 'b']).read()).resource).not.toHaveProperty('n');
  },
  'stored procedures': async () => {
    const { scripts } = container;
    await isRefused(scripts.storedProcedures.create({ id: 's', body: 'function () {}' }), 'Stored procedures');
    await isRefused(scripts.storedProcedure('s').execute('p'), 'Stored procedures');
  },
  triggers: async () => {
    const trigger = { id: 't', body: 'function () {}', triggerType: 'Pre', triggerOperation: 'All' } as never;
    await isRefused(container.scripts.triggers.create(trigger), 'Triggers');
  },
  'user-defined functions': async () => {
    const udf = { id: 'u', body: 'function () {}' };
    await isRefused(container.scripts.userDefinedFunctions.create(udf), 'User-defined functions');
    const query = container.items.query('SELECT udf.u(c) FROM c', { partitionKey: 'p' });
    await isRefused(query.fetchAll(), 'A user-defined function');
  },
  'the SDK has no readMany': async () => {
    // An SDK that gets them opens a shorter way for the stores' bulk reads.
    expect(Object.getOwnPropertyNames(Items.prototype).filter((name) => /^read(Many|Items)/.test(name))).toEqual([]);
  },
  'createIfNotExists twice': async () => {
    const id = `twice-${container.id}`;
    const database = () => account.client.databases.createIfNotExists({ id });
    expect([(await database()).statusCode, (await database()).statusCode]).toEqual([201, 200]);
    const made = () => account.client.database(id).containers.createIfNotExists({ id: 'c', partitionKey: '/pk' });
    expect([(await made()).statusCode, (await made()).statusCode]).toEqual([201, 200]);
  },
  'the offer of a container': async () => {
    expect((await (await offered()).readOffer()).resource?.content?.offerThroughput).toBe(400);
  },
  'a container with throughput': async () => {
    expect((await (await offered()).read()).statusCode).toBe(200);
  },
  'replacing a container keeps its documents': async () => {
    await container.items.create({ id: 'a', pk: 'p' });
    const { resource } = await container.read();
    const { statusCode } = await container.replace({ ...resource, id: container.id, defaultTtl: 100 } as never);
    expect([statusCode, (await container.read()).resource?.defaultTtl]).toEqual([200, 100]);
    expect((await container.item('a', 'p').read()).statusCode).toBe(200);
  },
  'deleting a container': async () => {
    expect((await container.delete()).statusCode).toBe(204);
    expect(await refusedWith(container.read())).toBe(404);
  },
  'the request charge of a point read': async () => {
    await container.items.create({ id: 'a', pk: 'p', text: 'x'.repeat(600) });
    expect((await container.item('a', 'p').read()).requestCharge).toBeCloseTo(1, 1);
  },
  'the request charge of a large write': async () => {
    const small = await container.items.create({ id: 'a', pk: 'p' });
    const large = await container.items.create({ id: 'b', pk: 'p', text: 'x'.repeat(100 * 1024) });
    expect(small.requestCharge).toBeGreaterThan(4);
    expect(large.requestCharge).toBeGreaterThan(45);
    expect((await container.item('b', 'p').read()).requestCharge).toBeGreaterThan(5);
  },
  'a document of more than 2 MB': async () => {
    const text = 'x'.repeat(2 * 1024 * 1024);
    expect(await refusedWith(container.items.create({ id: 'a', pk: 'p', text }))).toBe(413);
    expect((await container.items.create({ id: 'a', pk: 'p', text: text.slice(1024) })).statusCode).toBe(201);
  },
  'throttling can be had': async () => {
    account.server.setFaults({ rules: [{ on: 'write', when: 'before', status: 429, retryAfterMs: 77 }] });
    const { endpoint, key } = account.server;
    const retryOptions = { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 };
    const impatient = new CosmosClient({ endpoint, key, connectionPolicy: { retryOptions } });
    const write = impatient.database('test').container(container.id).items.create({ id: 'a', pk: 'p' });
    await expect(write).rejects.toMatchObject({ code: 429, substatus: 3200, retryAfterInMs: 77 });
    account.server.setFaults({});
    impatient.dispose();
  },
  'a wrong key': async () => {
    const { endpoint } = account.server;
    const stranger = new CosmosClient({ endpoint, key: Buffer.from('wrong').toString('base64') });
    expect(await refusedWith(stranger.databases.readAll().fetchAll())).toBe(401);
    stranger.dispose();
    expect((await fetch(`${endpoint}/dbs`)).status).toBe(401);
  },
  'endpoint discovery over http': async () => {
    const { endpoint, key } = account.server;
    const client = new CosmosClient({ endpoint, key, connectionPolicy: { enableEndpointDiscovery: true } });
    expect(new URL(await client.getReadEndpoint()).origin).toBe(endpoint);
    expect(new URL(await client.getWriteEndpoint()).origin).toBe(endpoint);
    client.dispose();
  },
  'a session token': async () => {
    const { headers } = await container.items.create({ id: 'a', pk: 'p' });
    expect(headers['x-ms-session-token']).toMatch(/^0:-1#\d+$/);
  },
  'an activity id': async () => {
    const { headers, activityId } = await container.items.create({ id: 'a', pk: 'p' });
    expect(headers['x-ms-activity-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(activityId).toBe(headers['x-ms-activity-id']);
  },
  'the id "with space"': () => keepsId('with space'),
  'the id "uni-ćž-日本"': () => keepsId('uni-ćž-日本'),
  'the id "per%cent"': () => keepsId('per%cent'),
  'the id "plus+sign"': () => keepsId('plus+sign'),
  'the id "quote\'single"': () => keepsId("quote'single"),
  'the id "dq"uote"': () => keepsId('dq"uote'),
  'the id "semi;colon"': () => keepsId('semi;colon'),
  'the id "a:b:c"': () => keepsId('a:b:c'),
  'the id "at@x"': () => keepsId('at@x'),
  'the id "a&b=c"': () => keepsId('a&b=c'),
  'the id "dot."': () => keepsId('dot.'),
  'the id "tilde~"': () => keepsId('tilde~'),
  'the id of 255 characters': () => keepsId('x'.repeat(255)),
  'the id "emoji😀"': () => keepsId('emoji😀'),
  'an id of more than 255 characters': async () => {
    expect(await refusedWith(container.items.create({ id: 'x'.repeat(256), pk: 'p' }))).toBe(400);
  },
  'an id that is a number': async () => {
    const create = { operationType: 'Create', resourceBody: { id: 1, pk: 'p' } } as unknown as OperationInput;
    expect((await container.items.bulk([create]))[0]?.statusCode).toBe(400);
    await expect(container.items.create({ id: 1, pk: 'p' } as never)).rejects.toThrow();
  },
  'a partition key of more than 2048 bytes': async () => {
    expect(await refusedWith(container.items.create({ id: 'a', pk: 'k'.repeat(2049) }))).toBe(400);
    expect((await container.items.create({ id: 'a', pk: 'k'.repeat(2048) })).statusCode).toBe(201);
  },
  'properties named __proto__ and constructor': async () => {
    const odd = JSON.parse('{"__proto__": {"x": 1}, "constructor": "c", "nul": "a\\u0000b", "lone": "\\ud800"}');
    await container.items.create({ id: 'a', pk: 'p', odd });
    expect(JSON.stringify((await container.item('a', 'p').read()).resource?.odd)).toBe(JSON.stringify(odd));
  },
  'large integers, floats and deep nesting': async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100; level += 1) deep = { deep };
    const values = { large: 2 ** 53 - 1, small: 1e-7, negative: -0.5, deep };
    await container.items.create({ id: 'a', pk: 'p', ...values });
    expect((await container.item('a', 'p').read()).resource).toMatchObject(values);
  },
  'documents come back as copies': async () => {
    const { resource } = await container.items.create({ id: 'a', pk: 'p', list: [1] });
    resource?.list.push(2);
    const [first, second] = [await container.item('a', 'p').read(), await container.item('a', 'p').read()];
    expect(first.resource?.list).toEqual([1]);
    expect(second.resource).toEqual(first.resource);
  },
});
