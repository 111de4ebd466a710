import { type Container, PartitionKeyKind } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, refusal, refusedWith, startAccount } from './account.ts';

let account: Account;

beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.close());

describe('databases', () => {
  it('are created once, listed, and deleted with what is in them', async () => {
    const { databases } = account.client;
    expect((await databases.create({ id: 'one' })).statusCode).toBe(201);
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
  it('have the service’s defaults', async () => {
    const { resource } = await (await account.container()).read();
    expect(resource).toMatchObject({
      partitionKey: { paths: ['/pk'], kind: 'Hash', version: 2 },
      indexingPolicy: { indexingMode: 'consistent' },
    });
    const { resources } = await account.database.containers.readAll().fetchAll();
    expect(resources.map(({ id }) => id)).toContain(resource?.id);
  });

  it('keep their partition key', async () => {
    const container = await account.container();
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

  it('refuse settings that they cannot honour', async () => {
    expect(await refusedWith(account.container({ vectorEmbeddingPolicy: { vectorEmbeddings: [] } }))).toBe(400);
    expect(await refusedWith(account.container({ partitionKey: { paths: ['/a', '/b'] } }))).toBe(400);
  });

  it('of the same name in several databases are kept apart', async () => {
    const pairs = await Promise.all(
      ['first', 'second'].map(async (id) => {
        const { database } = await account.client.databases.create({ id });
        const { container } = await database.containers.create({ id: 'same', partitionKey: '/pk' });
        await container.items.create({ id: 'a', pk: 'p', of: id });
        return [id, container] as const;
      }),
    );
    for (const [id, container] of pairs) {
      expect((await container.item('a', 'p').read()).resource).toMatchObject({ of: id });
      expect((await container.items.query('SELECT VALUE COUNT(1) FROM c').fetchAll()).resources).toEqual([1]);
    }
  });
});

describe('what is not there', () => {
  it.each<[string, (container: Container) => Promise<unknown>]>([
    ['Users', () => account.database.users.create({ id: 'u' })],
    ['The conflict feed', (container) => container.conflicts.readAll().fetchAll()],
    ['ST_WITHIN', ({ items }) => items.query('SELECT ST_WITHIN(c.a, c.b) FROM c', { partitionKey: 'p' }).fetchAll()],
  ])('is refused by name: %s', async (name, ask) => {
    const refused = await refusal(ask(await account.container()));
    expect(refused).toMatchObject({ code: 400, message: expect.stringContaining(name) });
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
