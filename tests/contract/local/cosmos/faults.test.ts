import { randomUUID } from 'node:crypto';
import { type Container, CosmosClient } from '@azure/cosmos';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readFaults, setFaults } from '../../../../local/cosmos/faults/client.ts';
import { type Account, refusal, refusedWith, startAccount } from './account.ts';
import { postItems } from './post-items.ts';

let account: Account;
let items: Container;
/** A client that shows every failure instead of trying again. */
let impatient: CosmosClient;

beforeAll(async () => {
  account = await startAccount();
});
beforeEach(async () => {
  items = await account.container();
  const { endpoint, key } = account.server;
  const retryOptions = { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 };
  impatient = new CosmosClient({ endpoint, key, connectionPolicy: { retryOptions } });
});
afterEach(() => {
  account.server.setFaults({});
  impatient.dispose();
});
afterAll(() => account.close());

const create = (client: CosmosClient, id: string) =>
  client.database('test').container(items.id).items.create({ id, pk: 'p' });
const isThere = async (id: string): Promise<boolean> => (await items.item(id, 'p').read()).statusCode === 200;

describe('faults', () => {
  it.each([408, 449, 429] as const)('answer %d in place of a write, which then has not happened', async (status) => {
    account.server.setFaults({ rules: [{ on: 'write', when: 'before', status, times: 1 }] });
    expect(await refusedWith(create(impatient, 'a'))).toBe(status);
    expect(await isThere('a')).toBe(false);
    expect((await create(impatient, 'a')).statusCode).toBe(201);
  });

  it.each([503, 408, 449] as const)('answer %d after a write, which has happened', async (status) => {
    account.server.setFaults({ rules: [{ on: 'write', when: 'after', status, times: 1 }] });
    const response = await createByHand('a');
    expect(response?.status).toBe(status);
    expect(await isThere('a')).toBe(true);
  });

  it('answer 503, which the SDK tries again', async () => {
    account.server.setFaults({ rules: [{ on: 'read', when: 'before', status: 503, times: 1 }] });
    await create(account.client, 'a');
    expect((await items.item('a', 'p').read()).statusCode).toBe(200);
    expect((await readFaults(account.server)).fired).toEqual([1]);
  });

  it.each(['before', 'after'] as const)('drop the connection %s a write', async (when) => {
    account.server.setFaults({ rules: [{ on: 'write', when, times: 1 }] });
    expect(await createByHand('a')).toBeUndefined();
    expect(await isThere('a')).toBe(when === 'after');
  });

  it('lose the answer of a whole batch', async () => {
    account.server.setFaults({ rules: [{ on: 'write', when: 'after', status: 408, times: 1 }] });
    const batch = impatient
      .database('test')
      .container(items.id)
      .items.batch(
        ['a', 'b'].map((id) => ({ operationType: 'Create' as const, resourceBody: { id, pk: 'p' } })),
        'p',
      );
    await expect(batch).rejects.toThrow('timed out');
    expect([await isThere('a'), await isThere('b')]).toEqual([true, true]);
  });

  it('concern what their rule says: a kind of request, a container, every so many', async () => {
    const other = await account.container();
    account.server.setFaults({ rules: [{ on: 'write', container: items.id, when: 'before', status: 449, every: 3 }] });
    const results: unknown[] = [];
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
      results.push(
        await create(impatient, id).then(
          (answer) => answer.statusCode,
          (error: { code: number }) => error.code,
        ),
      );
      expect((await other.items.create({ id, pk: 'p' })).statusCode).toBe(201);
      await items.items.query('SELECT * FROM c').fetchAll();
    }
    expect(results).toEqual([201, 201, 449, 201, 201, 449]);
  });

  it('are set over the wire with the key, and refused when they make no sense', async () => {
    const target = { endpoint: account.server.endpoint, key: account.server.key };
    await setFaults(target, { rules: [{ on: 'query', when: 'before', status: 408 }] });
    expect(
      await refusedWith(impatient.database('test').container(items.id).items.query('SELECT * FROM c').fetchAll()),
    ).toBe(408);
    expect(await readFaults(target)).toMatchObject({ rules: [{ on: 'query', status: 408 }], fired: [1] });
    await setFaults(target, {});
    expect((await items.items.query('SELECT * FROM c').fetchAll()).resources).toEqual([]);
    for (const wrong of [
      { rules: [{ when: 'never' }] },
      { rules: 1 },
      { budget: 0 },
      { other: 1 },
      { rules: [{ when: 'after', status: 418 }] },
    ]) {
      await expect(setFaults(target, wrong as never)).rejects.toThrow('400');
    }
    await expect(setFaults({ ...target, key: Buffer.from('wrong').toString('base64') }, {})).rejects.toThrow('401');
  });

  /** A create that is tried once; undefined when there was no answer. */
  const createByHand = (id: string): Promise<Response | undefined> =>
    postItems(account.server, items.id, JSON.stringify({ id, pk: 'p' })).catch(() => undefined);
});

describe('throughput', () => {
  async function offered(throughput: number): Promise<Container> {
    const { container } = await account.database.containers.create({
      id: `offered-${randomUUID()}`,
      partitionKey: { paths: ['/pk'] },
      throughput,
    });
    return container;
  }

  it('is read and replaced through its offer', async () => {
    const container = await offered(400);
    const { resource, offer } = await container.readOffer();
    expect(resource?.content?.offerThroughput).toBe(400);
    if (resource?.content === undefined || offer === undefined) throw new Error('There is no offer.');
    resource.content.offerThroughput = 1000;
    expect((await offer.replace(resource)).resource?.content?.offerThroughput).toBe(1000);
    expect((await offer.read()).resource?.content?.offerThroughput).toBe(1000);
    expect((await container.readOffer()).resource?.content?.offerThroughput).toBe(1000);
    resource.content.offerThroughput = 450;
    expect(await refusedWith(offer.replace(resource))).toBe(400);
    expect(await refusedWith(account.client.offer('none').read())).toBe(404);
  });

  it('is not limited unless asked for', async () => {
    const container = await offered(400);
    await Promise.all(Array.from({ length: 200 }, (_, n) => container.items.create({ id: `${n}`, pk: 'p' })));
  });

  it('past its budget is 429 with the time to wait, after which it goes on', async () => {
    const container = await offered(400);
    account.server.setFaults({ budget: 'offers' });
    const eager = impatient.database('test').container(container.id);
    const refused = await refusal(
      (async () => {
        for (let n = 0; n < 1000; n += 1) await eager.items.create({ id: `${n}`, pk: 'p' });
      })(),
    );
    expect(refused).toMatchObject({ code: 429, substatus: 3200 });
    // The patient client waits as long as it is told to.
    expect((await container.items.create({ id: 'patient', pk: 'p' })).statusCode).toBe(201);
  });

  it('throttles the operations of a bulk request one by one', async () => {
    account.server.setFaults({ budget: 100 });
    const results = await items.items.bulk(
      Array.from({ length: 100 }, (_, n) => ({
        operationType: 'Create' as const,
        resourceBody: { id: `${n}`, pk: 'p' },
      })),
      { continueOnError: true },
    );
    const statuses = new Set(results.map(({ statusCode }) => statusCode));
    expect(statuses).toEqual(new Set([201, 429]));
    account.server.setFaults({});
    const { resources } = await items.items.query('SELECT VALUE COUNT(1) FROM c').fetchAll();
    expect(resources).toEqual([results.filter(({ statusCode }) => statusCode === 201).length]);
  });

  it('does not count for a small budget what only asks about containers', async () => {
    account.server.setFaults({ budget: 1 });
    for (let n = 0; n < 20; n += 1) expect((await items.read()).statusCode).toBe(200);
  });
});
