import { CosmosClient, PartitionKeyKind } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, refusal, refusedWith, startAccount } from './account.ts';

let account: Account;

beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.close());

describe('databases', () => {
  it('are created once, read, listed and deleted', async () => {
    const { databases } = account.client;
    expect((await databases.createIfNotExists({ id: 'one' })).statusCode).toBe(201);
    expect((await databases.createIfNotExists({ id: 'one' })).statusCode).toBe(200);
    expect(await refusedWith(databases.create({ id: 'one' }))).toBe(409);
    expect((await databases.readAll().fetchAll()).resources.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['one', 'test']),
    );
    await account.client.database('one').containers.create({ id: 'c', partitionKey: '/pk' });
    expect((await account.client.database('one').delete()).statusCode).toBe(204);
    expect(await refusedWith(account.client.database('one').read())).toBe(404);
    expect(await refusedWith(account.client.database('one').container('c').read())).toBe(404);
  });
});

describe('containers', () => {
  it('are created once, with the service’s defaults', async () => {
    const body = { id: 'twice', partitionKey: { paths: ['/pk'] } };
    expect((await account.database.containers.createIfNotExists(structuredClone(body))).statusCode).toBe(201);
    const { statusCode, resource } = await account.database.containers.createIfNotExists(structuredClone(body));
    expect(statusCode).toBe(200);
    expect(resource).toMatchObject({
      partitionKey: { paths: ['/pk'], kind: 'Hash', version: 2 },
      indexingPolicy: { indexingMode: 'consistent' },
    });
    expect((await account.database.containers.readAll().fetchAll()).resources.map(({ id }) => id)).toContain('twice');
    expect((await account.database.container('twice').getPartitionKeyDefinition()).resource).toMatchObject({
      paths: ['/pk'],
    });
    expect(await account.database.container('twice').getFeedRanges()).toHaveLength(1);
  });

  it('keep their documents when they are replaced', async () => {
    const container = await account.container();
    await container.items.create({ id: 'a', pk: 'p' });
    const { resource } = await container.read();
    expect(
      (await container.replace({ ...resource, id: container.id, defaultTtl: 100 } as never)).resource,
    ).toMatchObject({ defaultTtl: 100 });
    expect((await container.item('a', 'p').read()).statusCode).toBe(200);
    expect(await refusedWith(container.replace({ id: container.id, partitionKey: { paths: ['/other'] } }))).toBe(400);
  });

  it('are empty when they are made again under the same name', async () => {
    const container = await account.container();
    await container.items.create({ id: 'a', pk: 'p' });
    const { resource: before } = await container.read();
    await container.delete();
    expect(await refusedWith(container.read())).toBe(404);
    const { resource: after } = await account.database.containers.create({
      id: container.id,
      partitionKey: { paths: ['/pk'] },
    });
    expect(after?._rid).not.toBe(before?._rid);
    expect((await container.item('a', 'p').read()).statusCode).toBe(404);
  });

  it('tell their throughput', async () => {
    const { container } = await account.database.containers.create({
      id: 'offered',
      partitionKey: { paths: ['/pk'] },
      throughput: 400,
    });
    expect((await container.readOffer()).resource?.content?.offerThroughput).toBe(400);
  });

  it('name what they do not support', async () => {
    const container = await account.container();
    expect(await refusal(container.scripts.storedProcedures.create({ id: 's', body: 'function () {}' }))).toMatchObject(
      {
        code: 400,
        message: expect.stringContaining('Stored procedures'),
      },
    );
    expect(await refusedWith(account.container({ vectorEmbeddingPolicy: { vectorEmbeddings: [] } }))).toBe(400);
    expect(await refusedWith(account.container({ partitionKey: { paths: ['/a', '/b'] } }))).toBe(400);
  });
});

describe('hierarchical partition keys', () => {
  it('make a partition of every combination, and queries of every prefix', async () => {
    const container = await account.container({
      partitionKey: { paths: ['/t', '/u', '/v'], kind: PartitionKeyKind.MultiHash, version: 2 },
    });
    for (const t of ['T', 'T2', 1]) {
      for (const u of ['a', '1', 1]) for (const v of ['x', 'y']) await container.items.create({ id: 'same', t, u, v });
    }
    expect((await container.item('same', ['T', 'a', 'x']).read()).resource).toMatchObject({ t: 'T', u: 'a', v: 'x' });
    expect((await container.item('same', ['T', 'b', 'x']).read()).statusCode).toBe(404);
    expect(
      (await container.item('same', ['T', 'a', 'x']).patch([{ op: 'set', path: '/n', value: 1 }])).statusCode,
    ).toBe(200);
    const count = async (partitionKey: (string | number)[]): Promise<unknown> =>
      (await container.items.query('SELECT VALUE COUNT(1) FROM c', { partitionKey }).fetchAll()).resources[0];
    expect(await count(['T'])).toBe(6);
    expect(await count([1])).toBe(6);
    expect(await count(['1'])).toBe(0);
    expect(await count(['T', 'a'])).toBe(2);
    expect(await count(['T', 1])).toBe(2);
    expect(await count(['T', 'a', 'x'])).toBe(1);
    const { resources } = await container.items
      .query("SELECT c.t, c.u FROM c WHERE c.v = 'x' ORDER BY c.u", { partitionKey: ['T'] })
      .fetchAll();
    expect(resources).toEqual([
      { t: 'T', u: 1 },
      { t: 'T', u: '1' },
      { t: 'T', u: 'a' },
    ]);
    expect(await refusedWith(container.item('same', ['T', 'a']).read())).toBe(400);
  });
});

describe('unique keys', () => {
  it('hold within a partition, for every way of writing', async () => {
    const container = await account.container({ uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/email'] }] } });
    const { items } = container;
    await items.create({ id: '1', pk: 'p', email: 'x' });
    await items.create({ id: '2', pk: 'p', email: 'y' });
    expect(await refusedWith(items.create({ id: '3', pk: 'p', email: 'x' }))).toBe(409);
    expect(await refusedWith(items.upsert({ id: '3', pk: 'p', email: 'x' }))).toBe(409);
    expect(await refusedWith(container.item('2', 'p').replace({ id: '2', pk: 'p', email: 'x' }))).toBe(409);
    const [bulk] = await items.bulk([{ operationType: 'Upsert', resourceBody: { id: '3', pk: 'p', email: 'x' } }]);
    expect(bulk?.statusCode).toBe(409);
    expect((await items.create({ id: '1', pk: 'q', email: 'x' })).statusCode).toBe(201);
    expect((await items.upsert({ id: '1', pk: 'p', email: 'x', n: 1 })).statusCode).toBe(200);
    await container.item('1', 'p').delete();
    expect((await items.create({ id: '3', pk: 'p', email: 'x' })).statusCode).toBe(201);
    await items.create({ id: 'none', pk: 'p' });
    expect(await refusedWith(items.create({ id: 'none too', pk: 'p' }))).toBe(409);
  });

  it('can be of several properties', async () => {
    const { items } = await account.container({ uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/a', '/b'] }] } });
    await items.create({ id: '1', pk: 'p', a: 1, b: 1 });
    expect((await items.create({ id: '2', pk: 'p', a: 1, b: '1' })).statusCode).toBe(201);
    expect(await refusedWith(items.create({ id: '3', pk: 'p', a: 1, b: 1 }))).toBe(409);
  });
});

describe('the account', () => {
  it('refuses a wrong key and an unsigned request', async () => {
    const stranger = new CosmosClient({
      endpoint: account.server.endpoint,
      key: Buffer.from('wrong').toString('base64'),
    });
    expect(await refusedWith(stranger.databases.readAll().fetchAll())).toBe(401);
    stranger.dispose();
    const response = await fetch(`${account.server.endpoint}/dbs`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([401, 'Unauthorized']);
  });

  it('survives what is no request', async () => {
    const container = await account.container();
    const response = await fetch(`${account.server.endpoint}/%E0%A4%A`, { method: 'POST', body: '{' });
    expect(response.status).toBe(400);
    expect((await container.items.create({ id: 'a', pk: 'p' })).statusCode).toBe(201);
  });

  it('accepts consistency and priority options', async () => {
    const { items } = await account.container();
    const options = { consistencyLevel: 'Eventual', priorityLevel: 'Low' } as never;
    expect((await items.create({ id: 'a', pk: 'p' }, options)).statusCode).toBe(201);
  });
});
