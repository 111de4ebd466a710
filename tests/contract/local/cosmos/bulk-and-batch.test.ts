import { BulkOperationType, type Container, type OperationInput } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, refusedWith, startAccount } from './account.ts';

let account: Account;
let items: Container;

beforeAll(async () => {
  account = await startAccount();
});
beforeEach(async () => {
  items = await account.container();
  await items.items.create({ id: 'there', pk: 'p', n: 1 });
});
afterAll(() => account.close());

const create = (id: string, pk = 'p') => ({ operationType: BulkOperationType.Create, resourceBody: { id, pk } });

describe('a transactional batch', () => {
  it('does every kind of operation', async () => {
    const { code, result } = await items.items.batch(
      [
        { operationType: 'Create', resourceBody: { id: 'a', pk: 'p' } },
        { operationType: 'Upsert', resourceBody: { id: 'b', pk: 'p' } },
        { operationType: 'Upsert', resourceBody: { id: 'b', pk: 'p', n: 2 } },
        { operationType: 'Read', id: 'there' },
        { operationType: 'Replace', id: 'there', resourceBody: { id: 'there', pk: 'p', n: 3 } },
        { operationType: 'Patch', id: 'there', resourceBody: { operations: [{ op: 'incr', path: '/n', value: 1 }] } },
        { operationType: 'Delete', id: 'a' },
      ] as OperationInput[],
      'p',
    );
    expect(code).toBe(200);
    expect(result?.map((one) => one.statusCode)).toEqual([201, 201, 200, 200, 200, 200, 204]);
    expect(result?.[5]?.resourceBody).toMatchObject({ n: 4 });
    expect(result?.[1]?.eTag).toMatch(/^"/);
    expect(Number(result?.[0]?.requestCharge)).toBeGreaterThan(4);
  });

  it('refuses operations of other partitions', async () => {
    expect((await items.items.batch([create('x', 'q')], 'p')).result?.[0]?.statusCode).toBe(400);
  });
});

describe('bulk', () => {
  it('gives each operation its own result', async () => {
    const result = await items.items.bulk([
      create('a'),
      create('there'),
      create('a', 'q'),
      { operationType: 'Read', id: 'none', partitionKey: 'p' },
    ]);
    expect(result.map((one) => one.statusCode)).toEqual([201, 409, 201, 404]);
    expect(result[0]?.resourceBody).toMatchObject({ id: 'a' });
    expect(result[0]?.eTag).toBe(result[0]?.resourceBody?._etag);
  });

  it('does every kind of operation', async () => {
    const result = await items.items.bulk([
      { operationType: 'Upsert', resourceBody: { id: 'u', pk: 'p' } },
      { operationType: 'Read', id: 'there', partitionKey: 'p' },
      { operationType: 'Replace', id: 'there', partitionKey: 'p', resourceBody: { id: 'there', pk: 'p', n: 5 } },
      {
        operationType: 'Patch',
        id: 'there',
        partitionKey: 'p',
        resourceBody: { operations: [{ op: 'incr', path: '/n', value: 1 }] },
      },
      { operationType: 'Delete', id: 'u', partitionKey: 'p' },
      { operationType: 'Delete', id: 'u', partitionKey: 'p' },
    ]);
    expect(result.map((one) => one.statusCode)).toEqual([201, 200, 200, 200, 204, 404]);
    expect((await items.item('there', 'p').read()).resource).toMatchObject({ n: 6 });
  });

  it('stops after a failure when told so', async () => {
    const result = await items.items.bulk([create('a'), create('there'), create('b')], { continueOnError: false });
    expect(result.map((one) => one.statusCode)).toEqual([201, 409, 424]);
    expect((await items.item('b', 'p').read()).statusCode).toBe(404);
  });

  it('keeps partition keys of every type apart', async () => {
    const keys = ['1', 1, null, true, ''];
    const result = await items.items.bulk(
      keys.map((pk) => ({ operationType: 'Create', resourceBody: { id: 'same', pk } })),
    );
    expect(result.map((one) => one.statusCode)).toEqual([201, 201, 201, 201, 201]);
  });

  it('refuses an operation whose key is not its document’s', async () => {
    const result = await items.items.bulk([
      { operationType: 'Create', partitionKey: 'q', resourceBody: { id: 'a', pk: 'p' } },
    ]);
    expect(result[0]?.statusCode).toBe(400);
    expect(await refusedWith(items.item('a', 'q').delete())).toBe(404);
  });
});
