import { ChangeFeedStartFrom, type Container, CosmosClient, type OperationInput } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, eventually, startAccount } from './account.ts';

/** Longer than a test takes: nothing catches up unless a session asks for it. */
const FOR_EVER_MS = 3_600_000;

let account: Account;
let stranger: CosmosClient;
/** The SDK sends its session's token only when it is told this consistency, whatever that of the account is. */
let session: CosmosClient;
let own: Container;
let foreign: Container;

beforeAll(async () => {
  account = await startAccount({ staleReadLagMs: FOR_EVER_MS });
  const { endpoint, key } = account.server;
  stranger = new CosmosClient({ endpoint, key });
  session = new CosmosClient({ endpoint, key, consistencyLevel: 'Session' });
});
beforeEach(async () => {
  const { id } = await account.container();
  own = session.database('test').container(id);
  foreign = stranger.database('test').container(id);
  // The container is there for both from here on.
  await own.items.query('SELECT * FROM c').fetchAll();
});
afterAll(async () => {
  stranger.dispose();
  session.dispose();
  await account.close();
});

const ids = async (container: Container, options = {}): Promise<unknown[]> =>
  (await container.items.query('SELECT VALUE c.id FROM c', options).fetchAll()).resources;

describe('reads that lag behind', () => {
  it('miss the writes of others, in point reads, queries and the change feed', async () => {
    await own.items.create({ id: 'a', pk: 'p', n: 0 });
    expect((await foreign.item('a', 'p').read()).statusCode).toBe(404);
    expect(await ids(foreign)).toEqual([]);
    const feed = foreign.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Beginning() });
    expect((await feed.readNext()).statusCode).toBe(304);
  });

  it('see what their own session has written', async () => {
    await own.items.create({ id: 'a', pk: 'p', n: 0 });
    await own.item('a', 'p').patch([{ op: 'incr', path: '/n', value: 1 }]);
    expect((await own.item('a', 'p').read()).resource?.n).toBe(1);
    await own.items.batch([{ operationType: 'Create', resourceBody: { id: 'b', pk: 'p' } }], 'p');
    expect(await ids(own)).toEqual(['a', 'b']);
    await own.item('a', 'p').delete();
    expect((await own.item('a', 'p').read()).statusCode).toBe(404);
  });

  it('see what a session token from elsewhere has seen', async () => {
    const { headers } = await own.items.create({ id: 'a', pk: 'p' });
    const sessionToken = String(headers['x-ms-session-token']);
    expect((await foreign.item('a', 'p').read({ sessionToken })).statusCode).toBe(200);
  });

  it('see everything when they ask for it', async () => {
    await own.items.create({ id: 'a', pk: 'p' });
    expect((await foreign.item('a', 'p').read({ consistencyLevel: 'Strong' } as never)).statusCode).toBe(200);
  });

  it('miss the writes of others in bulk requests that only read, and in no others', async () => {
    await own.items.create({ id: 'a', pk: 'p', n: 0 });
    const read = { operationType: 'Read' as const, id: 'a', partitionKey: 'p' };
    const statuses = async (container: Container, more: OperationInput[]): Promise<unknown[]> =>
      (await container.items.bulk([read, ...more])).map(({ statusCode }) => statusCode);
    expect(await statuses(foreign, [])).toEqual([404]);
    expect(await statuses(own, [])).toEqual([200]);
    expect(await statuses(foreign, [{ operationType: 'Create', resourceBody: { id: 'b', pk: 'p' } }])).toEqual([
      200, 201,
    ]);
  });
});

describe('a short lag', () => {
  it('shows every write in the end', async () => {
    const lagging = await startAccount({ staleReadLagMs: 20 });
    const container = await lagging.container();
    await container.items.create({ id: 'a', pk: 'p' });
    await eventually(
      async () => (await container.item('a', 'p').read()).statusCode,
      (status) => status === 200,
    );
    await lagging.close();
  });
});
