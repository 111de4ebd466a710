import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, eventually, refusedWith, startAccount } from './account.ts';

let account: Account;

beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.close());

describe('time to live', () => {
  it('keeps what has expired out of the way of others, and what never expires', async () => {
    const container = await account.container({
      defaultTtl: 1,
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/email'] }] },
    });
    await container.items.create({ id: 'a', pk: 'p', email: 'x' });
    await container.items.create({ id: 'forever', pk: 'p', email: 'y', ttl: -1 });
    await eventually(
      async () => (await container.item('a', 'p').read()).statusCode,
      (status) => status === 404,
    );
    const { resources } = await container.items.query('SELECT VALUE c.id FROM c').fetchAll();
    expect(resources).toEqual(['forever']);
    expect(await refusedWith(container.item('a', 'p').delete())).toBe(404);
    expect((await container.items.create({ id: 'b', pk: 'p', email: 'x' })).statusCode).toBe(201);
  });

  it('of an item counts only in a container that has one', async () => {
    const without = await account.container();
    const withTtl = await account.container({ defaultTtl: -1 });
    for (const container of [without, withTtl]) await container.items.create({ id: 'x', pk: 'p', ttl: 1 });
    await eventually(
      async () => (await withTtl.item('x', 'p').read()).statusCode,
      (status) => status === 404,
    );
    expect((await without.item('x', 'p').read()).statusCode).toBe(200);
  });

  it('starts anew with every write, and when the container gets one', async () => {
    const container = await account.container();
    await container.items.create({ id: 'a', pk: 'p', ttl: 1 });
    await container.replace({ id: container.id, partitionKey: { paths: ['/pk'] }, defaultTtl: -1 });
    await eventually(
      async () => (await container.item('a', 'p').read()).statusCode,
      (status) => status === 404,
    );
    await container.items.upsert({ id: 'a', pk: 'p', ttl: 100 });
    expect((await container.item('a', 'p').read()).statusCode).toBe(200);
  });

  it('must be -1 or a positive integer', async () => {
    const container = await account.container({ defaultTtl: -1 });
    for (const ttl of [0, -2, 1.5, 'soon'])
      expect(await refusedWith(container.items.create({ id: 'a', pk: 'p', ttl: ttl as number }))).toBe(400);
    expect(await refusedWith(account.container({ defaultTtl: 0 }))).toBe(400);
  });
});
