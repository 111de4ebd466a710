import { createHmac } from 'node:crypto';
import { type Container, CosmosClient, type CosmosClientOptions, type PluginConfig, PluginOn } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, refusal, refusedWith, startAccount } from './account.ts';

let account: Account;
let items: Container;

beforeAll(async () => {
  account = await startAccount();
});
beforeEach(async () => {
  items = await account.container();
});
afterAll(() => account.close());

/** A signed request without the SDK. */
function post(path: string, link: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  const { endpoint, key } = account.server;
  const date = new Date().toUTCString();
  const text = `post\ndocs\n${link}\n${date.toLowerCase()}\n\n`;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
  const authorization = encodeURIComponent(`type=master&ver=1.0&sig=${signature}`);
  return fetch(`${endpoint}/${path}`, {
    method: 'POST',
    body,
    headers: { authorization, 'x-ms-date': date, ...headers },
  });
}

/** Counts the requests that a client sends for items. */
function countingClient(): { container: Container; urls: string[]; dispose(): void } {
  const urls: string[] = [];
  const count: PluginConfig = {
    on: PluginOn.request,
    plugin: (context, _node, next) => {
      if (context.path?.includes('/docs') === true) urls.push(`${context.method} ${context.path}`);
      return next(context);
    },
  };
  const { endpoint, key } = account.server;
  const client = new CosmosClient({ endpoint, key, plugins: [count] } as CosmosClientOptions);
  return { container: client.database('test').container(items.id), urls, dispose: () => client.dispose() };
}

describe('bodies', () => {
  it.each([
    ['no JSON', '{"id": '],
    ['no object', '[1]'],
    ['an id that is a number', '{"id": 1, "pk": "p"}'],
    ['an id that is null', '{"id": null, "pk": "p"}'],
    ['no id', '{"pk": "p"}'],
    ['an empty id', '{"id": "", "pk": "p"}'],
    ['an array as its key', '{"id": "a", "pk": ["p"]}'],
    ['a ttl that is text', '{"id": "a", "pk": "p", "ttl": "1"}'],
  ])('with %s are refused with 400, and the server lives', async (_, body) => {
    const link = `dbs/test/colls/${items.id}`;
    const response = await post(`${link}/docs`, link, body, { 'x-ms-documentdb-partitionkey': '["p"]' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'BadRequest', message: expect.stringContaining('ActivityId') });
    expect((await items.items.create({ id: 'a', pk: 'p' })).statusCode).toBe(201);
  });

  it('need a partition key that is one', async () => {
    const link = `dbs/test/colls/${items.id}`;
    for (const key of ['p', '{}', '["p","q"]', '[["p"]]']) {
      const response = await post(`${link}/docs`, link, '{"id":"a","pk":"p"}', { 'x-ms-documentdb-partitionkey': key });
      expect([key, response.status]).toEqual([key, 400]);
    }
  });

  it('come back as copies', async () => {
    const { resource } = await items.items.create({ id: 'a', pk: 'p', list: [1] });
    resource?.list.push(2);
    const [first, second] = [await items.item('a', 'p').read(), await items.item('a', 'p').read()];
    expect(first.resource).toEqual(second.resource);
    expect(first.resource?.list).toEqual([1]);
  });
});

describe('requests', () => {
  it('are as few as the SDK needs: one for a write, a plan and a page for a query', async () => {
    const { container, urls, dispose } = countingClient();
    await container.items.create({ id: 'a', pk: 'p' });
    expect(urls).toHaveLength(1);
    await container.items.query('SELECT * FROM c', { partitionKey: 'p' }).fetchAll();
    expect(urls.length).toBeLessThanOrEqual(3);
    dispose();
  });

  it('may ask for the query plan at any time', async () => {
    await items.items.create({ id: 'a', pk: 'p' });
    const options = { partitionKey: 'p', forceQueryPlan: true };
    expect((await items.items.query('SELECT VALUE c.id FROM c', options).fetchAll()).resources).toEqual(['a']);
  });

  it('cost more for more documents', async () => {
    await items.items.create({ id: 'a', pk: 'p' });
    const cost = async (): Promise<number> =>
      (await items.items.query('SELECT * FROM c', { partitionKey: 'p' }).fetchNext()).requestCharge;
    const one = await cost();
    for (let n = 0; n < 50; n += 1) await items.items.create({ id: `n${n}`, pk: 'p' });
    expect(await cost()).toBeGreaterThan(one);
  });

  it('of a function that meets a wrong type answer undefined', async () => {
    await items.items.create({ id: 'a', pk: 'p' });
    const { resources } = await items.items
      .query("SELECT ABS('x') AS a, c.id FROM c", { partitionKey: 'p' })
      .fetchAll();
    expect(resources).toEqual([{ id: 'a' }]);
  });
});

describe('what is not there', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['Stored procedures', () => items.scripts.storedProcedures.create({ id: 's', body: 'function () {}' })],
    ['Stored procedures', () => items.scripts.storedProcedure('s').execute('p')],
    [
      'Triggers',
      () => items.scripts.triggers.create({ id: 't', body: 'f', triggerType: 'Pre', triggerOperation: 'All' } as never),
    ],
    ['User-defined functions', () => items.scripts.userDefinedFunctions.create({ id: 'u', body: 'function () {}' })],
    ['Users', () => account.database.users.create({ id: 'u' })],
    ['The conflict feed', () => items.conflicts.readAll().fetchAll()],
    ['A user-defined function', () => items.items.query('SELECT udf.f(c) FROM c', { partitionKey: 'p' }).fetchAll()],
    ['ST_WITHIN', () => items.items.query('SELECT ST_WITHIN(c.a, c.b) FROM c', { partitionKey: 'p' }).fetchAll()],
  ])('is refused by name: %s', async (name, ask) => {
    expect(await refusal(ask())).toMatchObject({ code: 400, message: expect.stringContaining(name) });
  });

  it('is 404 for items, containers and databases', async () => {
    const none = account.client.database('none');
    expect(await refusedWith(none.container('c').items.query('SELECT * FROM c').fetchAll())).toBe(404);
    expect((await items.item('none', 'p').read()).statusCode).toBe(404);
    expect(await refusedWith(account.database.container('none').read())).toBe(404);
    expect(await refusedWith(items.item('none', 'p').patch([{ op: 'set', path: '/a', value: 1 }]))).toBe(404);
  });
});

describe('several databases', () => {
  it('keep containers of the same name apart', async () => {
    const pairs = await Promise.all(
      ['one', 'two'].map(async (id) => {
        const { database } = await account.client.databases.createIfNotExists({ id });
        const { container } = await database.containers.createIfNotExists({ id: 'same', partitionKey: '/pk' });
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
