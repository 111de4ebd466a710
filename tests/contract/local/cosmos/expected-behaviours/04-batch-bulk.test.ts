import type { Container, OperationInput } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { type Account, startAccount } from '../account.ts';
import { testBehaviours } from './behaviours.ts';

let account: Account;
let container: Container;

beforeAll(async () => {
  account = await startAccount();
});
beforeEach(async () => {
  container = await account.container();
  await container.items.create({ id: 'there', pk: 'p', n: 1 });
});
afterAll(() => account.close());

const create = (id: string) => ({ operationType: 'Create', resourceBody: { id, pk: 'p' } });
const upsert = (id: string) => ({ operationType: 'Upsert', resourceBody: { id, pk: 'p' } });
const read = (id: string) => ({ operationType: 'Read', id });
const remove = (id: string) => ({ operationType: 'Delete', id });
const replace = (id: string, more: object = {}) => ({
  operationType: 'Replace',
  id,
  resourceBody: { id, pk: 'p', n: 3 },
  ...more,
});
const increment = (id: string) => ({
  operationType: 'Patch',
  id,
  resourceBody: { operations: [{ op: 'incr', path: '/n', value: 1 }] },
});

const isThere = async (id: string): Promise<boolean> => (await container.item(id, 'p').read()).statusCode === 200;

async function batch(...operations: object[]): Promise<{ code: unknown; statuses: unknown[] }> {
  const { code, result } = await container.items.batch(operations as OperationInput[], 'p');
  return { code, statuses: (result ?? []).map(({ statusCode }) => statusCode) };
}

/** The status of each operation of executeBulkOperations. */
async function execute(...operations: object[]): Promise<unknown[]> {
  const keyed = operations.map((operation) => ({ ...operation, partitionKey: 'p' }));
  const results = await container.items.executeBulkOperations(keyed as OperationInput[]);
  return results.map(({ response, error }) => response?.statusCode ?? error?.code);
}

const bulk = (...operations: object[]) =>
  container.items.bulk(operations.map((operation) => ({ ...operation, partitionKey: 'p' })) as OperationInput[], {
    continueOnError: true,
  });
const failing = () => batch(create('f1'), create('there'), create('f2'));

testBehaviours('04-batch-bulk', {
  'a batch that succeeds': async () => {
    expect(await batch(create('a'), upsert('b'), replace('there'))).toEqual({ code: 200, statuses: [201, 201, 200] });
  },
  'a batch that fails in the middle': async () => {
    expect(await failing()).toEqual({ code: 207, statuses: [424, 409, 424] });
  },
  'a failed batch is rolled back': async () => {
    await failing();
    expect(await isThere('f1')).toBe(false);
  },
  'a failed batch shows nothing in queries': async () => {
    await failing();
    const { resources } = await container.items.query('SELECT VALUE c.id FROM c', { partitionKey: 'p' }).fetchAll();
    expect(resources).toEqual(['there']);
  },
  'a patch in a batch': async () => {
    expect(await batch(increment('there'))).toEqual({ code: 200, statuses: [200] });
    expect((await container.item('there', 'p').read()).resource).toMatchObject({ n: 2 });
  },
  'a stale ifMatch in a batch': async () => {
    expect(await batch(replace('there', { ifMatch: '"stale"' }))).toEqual({ code: 207, statuses: [412] });
  },
  'a delete in a batch': async () => {
    expect(await batch(remove('there'))).toEqual({ code: 200, statuses: [204] });
    expect(await isThere('there')).toBe(false);
  },
  'a batch of more than 100 operations': async () => {
    await expect(batch(...Array.from({ length: 101 }, (_, n) => create(`n${n}`)))).rejects.toThrow('100');
  },
  'a batch with an unknown operation after a write': async () => {
    await expect(batch(create('a'), { operationType: 'Merge', id: 'there' })).rejects.toMatchObject({
      cause: { code: 400 },
    });
    expect(await isThere('a')).toBe(false);
  },
  'every other operation of a failed batch fails with it': async () => {
    const { statuses } = await batch(create('before'), remove('there'), remove('none'), create('aft'), create('aft2'));
    expect(statuses).toEqual([424, 424, 404, 424, 424]);
  },
  'what came after the failed operation is not written': async () => {
    await batch(remove('none'), create('aft'), create('aft2'));
    expect([await isThere('aft'), await isThere('aft2')]).toEqual([false, false]);
  },
  'executeBulkOperations with creates and an upsert': async () => {
    expect(await execute(create('a'), create('b'), create('c'), upsert('d'))).toEqual([201, 201, 201, 201]);
  },
  'executeBulkOperations with a conflict in the middle': async () => {
    expect(await execute(create('a'), create('there'), create('b'))).toEqual([201, 409, 201]);
  },
  'executeBulkOperations with Read, Replace and Delete': async () => {
    expect(await execute(read('there'), replace('there'), remove('there'))).toEqual([200, 200, 204]);
  },
  'executeBulkOperations with a patch': async () => {
    expect(await execute(increment('there'))).toEqual([200]);
    expect((await container.item('there', 'p').read()).resource).toMatchObject({ n: 2 });
  },
  'executeBulkOperations with upsert, patch and upsert': async () => {
    expect(await execute(upsert('a'), increment('there'), upsert('b'))).toEqual([201, 200, 201]);
    expect([await isThere('a'), await isThere('b')]).toEqual([true, true]);
  },
  'executeBulkOperations with a delete of what is absent': async () => {
    expect(await execute(create('a'), remove('none'), create('b'))).toEqual([201, 404, 201]);
  },
  'executeBulkOperations with a stale ifMatch': async () => {
    expect(await execute(replace('there', { ifMatch: '"stale"' }))).toEqual([412]);
  },
  'executeBulkOperations with 500 upserts': async () => {
    const statuses = await execute(...Array.from({ length: 500 }, (_, n) => upsert(`n${n}`)));
    expect(statuses).toEqual(Array(500).fill(201));
  },
  'items.bulk with a conflict': async () => {
    const results = await bulk(create('a'), create('there'), create('b'));
    expect(results.map(({ statusCode }) => statusCode)).toEqual([201, 409, 201]);
  },
  'items.bulk with a patch': async () => {
    expect((await bulk(increment('there')))[0]).toMatchObject({ statusCode: 200, resourceBody: { n: 2 } });
  },
  'the request charge of each operation': async () => {
    const large = { operationType: 'Create', resourceBody: { id: 'large', pk: 'p', text: 'x'.repeat(100 * 1024) } };
    const [small, big, found] = await bulk(create('small'), large, read('there'));
    expect(found?.requestCharge).toBe(1);
    expect(small?.requestCharge).toBeGreaterThan(4);
    expect(big?.requestCharge).toBeGreaterThan(5 * Number(small?.requestCharge));
  },
  'no content when it is not wanted': async () => {
    const operations = [create('a'), { ...read('there'), partitionKey: 'p' }] as OperationInput[];
    const results = await container.items.bulk(operations, {}, { contentResponseOnWriteEnabled: false });
    expect(results.map(({ statusCode, resourceBody }) => [statusCode, resourceBody === undefined])).toEqual([
      [201, true],
      [200, false],
    ]);
  },
});
