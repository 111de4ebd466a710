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

  it('is undone as a whole when one operation fails', async () => {
    const { code, result } = await items.items.batch(
      [
        create('first'),
        { operationType: 'Delete', id: 'there' },
        create('there'),
        create('there'),
        create('last'),
      ] as OperationInput[],
      'p',
    );
    expect(code).toBe(207);
    expect(result?.map((one) => one.statusCode)).toEqual([424, 424, 424, 409, 424]);
    for (const id of ['first', 'last']) expect((await items.item(id, 'p').read()).statusCode).toBe(404);
    expect((await items.item('there', 'p').read()).resource).toMatchObject({ n: 1 });
    const { resources } = await items.items.query('SELECT VALUE c.id FROM c', { partitionKey: 'p' }).fetchAll();
    expect(resources).toEqual(['there']);
  });

  it('honours ifMatch', async () => {
    const { resource } = await items.item('there', 'p').read();
    const operation = (ifMatch: string) =>
      [
        { operationType: 'Replace', id: 'there', ifMatch, resourceBody: { id: 'there', pk: 'p', n: 9 } },
      ] as OperationInput[];
    expect((await items.items.batch(operation('"stale"'), 'p')).result?.[0]?.statusCode).toBe(412);
    expect((await items.items.batch(operation(String(resource?._etag)), 'p')).result?.[0]?.statusCode).toBe(200);
  });

  it('refuses more than a hundred operations, other partitions and unknown operations', async () => {
    const many = Array.from({ length: 101 }, (_, n) => create(`n${n}`));
    await expect(items.items.batch(many, 'p')).rejects.toThrow('100');
    expect((await items.items.batch([create('x', 'q')], 'p')).result?.[0]?.statusCode).toBe(400);
    const unknown = [create('y'), { operationType: 'Merge', id: 'z' }] as unknown as OperationInput[];
    await expect(items.items.batch(unknown, 'p')).rejects.toThrow('operationType');
    expect((await items.item('y', 'p').read()).statusCode).toBe(404);
  });

  it('takes the partition key of an operation when it is the batch’s', async () => {
    const upsert = { ...create('k'), operationType: 'Upsert', partitionKey: 'p' };
    expect((await items.items.batch([upsert] as OperationInput[], 'p')).result?.[0]?.statusCode).toBe(201);
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

  it('can answer without the documents', async () => {
    const result = await items.items.bulk([create('a')], {}, { contentResponseOnWriteEnabled: false });
    expect(result[0]?.resourceBody).toBeUndefined();
    expect(result[0]?.statusCode).toBe(201);
  });

  it('keeps partition keys of every type apart', async () => {
    const keys = ['1', 1, null, true, ''];
    const result = await items.items.bulk(
      keys.map((pk) => ({ operationType: 'Create', resourceBody: { id: 'same', pk } })),
    );
    expect(result.map((one) => one.statusCode)).toEqual([201, 201, 201, 201, 201]);
  });

  it('works through executeBulkOperations', async () => {
    const result = await items.items.executeBulkOperations([
      { operationType: 'Create', partitionKey: 'p', resourceBody: { id: 'a', pk: 'p' } },
      { operationType: 'Create', partitionKey: 'p', resourceBody: { id: 'there', pk: 'p' } },
      { operationType: 'Read', partitionKey: 'p', id: 'there' },
      {
        operationType: 'Replace',
        partitionKey: 'p',
        id: 'there',
        ifMatch: '"stale"',
        resourceBody: { id: 'there', pk: 'p' },
      },
      {
        operationType: 'Patch',
        partitionKey: 'p',
        id: 'there',
        resourceBody: { operations: [{ op: 'set', path: '/x', value: 1 }] },
      },
      { operationType: 'Delete', partitionKey: 'p', id: 'none' },
    ]);
    expect(result.map((one) => one.response?.statusCode ?? one.error?.code)).toEqual([201, 409, 200, 412, 200, 404]);
  });

  it('takes 500 upserts', async () => {
    const operations = Array.from({ length: 500 }, (_, n) => ({
      operationType: BulkOperationType.Upsert,
      partitionKey: `k${n % 7}`,
      resourceBody: { id: `n${n}`, pk: `k${n % 7}` },
    }));
    const result = await items.items.executeBulkOperations(operations);
    expect(result.every((one) => one.response?.statusCode === 201)).toBe(true);
  });

  it('refuses an operation whose key is not its document’s', async () => {
    const result = await items.items.bulk([
      { operationType: 'Create', partitionKey: 'q', resourceBody: { id: 'a', pk: 'p' } },
    ]);
    expect(result[0]?.statusCode).toBe(400);
    expect(await refusedWith(items.item('a', 'q').delete())).toBe(404);
  });
});
