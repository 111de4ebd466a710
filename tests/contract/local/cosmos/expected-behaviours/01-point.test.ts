import type { Container } from '@azure/cosmos';
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

const create = (body: Record<string, unknown>) => container.items.create<Record<string, unknown>>(body);
const read = (id: string, key: string | number | boolean | null | undefined) =>
  container.item(id, key as string).read();

/** An item under a partition key of some kind is there, and under no other. */
async function keepsKey(pk: string | number | boolean | null): Promise<void> {
  expect((await create({ id: 'a', pk })).statusCode).toBe(201);
  expect(await read('a', pk)).toMatchObject({ statusCode: 200, resource: { id: 'a', pk } });
  const { resources } = await container.items
    .query('SELECT VALUE c.id FROM c', { partitionKey: pk as string })
    .fetchAll();
  expect(resources).toEqual(['a']);
}

const contradicted = () =>
  container.items.upsert({ id: 'a', pk: 'mine' }, {
    initialHeaders: { 'x-ms-documentdb-partitionkey': '["other"]' },
  } as never);

testBehaviours('01-point', {
  create: async () => {
    const { statusCode, resource } = await create({ id: 'a', pk: 'p', n: 1 });
    expect(statusCode).toBe(201);
    expect(Object.keys(resource ?? {})).toEqual(['id', 'pk', 'n', '_rid', '_self', '_etag', '_attachments', '_ts']);
    expect(resource?.['_self']).toContain(String(resource?.['_rid']));
  },
  'the etag is a quoted string': async () => {
    expect((await create({ id: 'a', pk: 'p' })).resource?.['_etag']).toMatch(/^"[0-9a-f-]{36}"$/);
  },
  'the property _attachments': async () => {
    expect((await create({ id: 'a', pk: 'p' })).resource?.['_attachments']).toBe('attachments/');
  },
  'create without an id': async () => {
    const { statusCode, resource } = await create({ pk: 'p' });
    expect(statusCode).toBe(201);
    expect(resource?.['id']).toMatch(/^[0-9a-f-]{36}$/);
  },
  'create of an id and key that are taken': async () => {
    await create({ id: 'a', pk: 'p', n: 1 });
    expect(await refusedWith(create({ id: 'a', pk: 'p', n: 2 }))).toBe(409);
    expect((await read('a', 'p')).resource).toMatchObject({ n: 1 });
  },
  'create of the same id under another key': async () => {
    await create({ id: 'a', pk: 'p' });
    expect((await create({ id: 'a', pk: 'q' })).statusCode).toBe(201);
  },
  read: async () => {
    await create({ id: 'a', pk: 'p', n: 1 });
    expect(await read('a', 'p')).toMatchObject({ statusCode: 200, resource: { id: 'a', pk: 'p', n: 1 } });
  },
  'read of the same id under another key': async () => {
    await create({ id: 'a', pk: 'p', n: 1 });
    await create({ id: 'a', pk: 'q', n: 2 });
    expect(await read('a', 'q')).toMatchObject({ statusCode: 200, resource: { pk: 'q', n: 2 } });
  },
  'read of an id that is absent': async () => {
    expect(await read('none', 'p')).toMatchObject({ statusCode: 404, resource: undefined });
  },
  'read of an id that is only under another key': async () => {
    await create({ id: 'a', pk: 'p' });
    expect(await read('a', 'q')).toMatchObject({ statusCode: 404, resource: undefined });
  },
  'read in a container that does not exist': async () => {
    const response = await account.database.container('none').item('a', 'p').read();
    expect(response).toMatchObject({ statusCode: 404, resource: undefined, substatus: 1003 });
  },
  replace: async () => {
    await create({ id: 'a', pk: 'p', n: 1, old: true });
    const { statusCode, resource } = await container.item('a', 'p').replace({ id: 'a', pk: 'p', n: 2 });
    expect([statusCode, resource]).toMatchObject([200, { n: 2 }]);
    expect((await read('a', 'p')).resource).toEqual(resource);
    expect(resource).not.toHaveProperty('old');
  },
  'replace of what is absent': async () => {
    expect(await refusedWith(container.item('a', 'p').replace({ id: 'a', pk: 'p' }))).toBe(404);
  },
  'replace that changes the partition key': async () => {
    await create({ id: 'a', pk: 'p' });
    expect(await refusedWith(container.item('a', 'p').replace({ id: 'a', pk: 'q' }))).toBe(400);
  },
  'replace that changes the id': async () => {
    await create({ id: 'a', pk: 'p' });
    expect(await refusedWith(container.item('a', 'p').replace({ id: 'b', pk: 'p' }))).toBe(400);
  },
  'upsert of what is new': async () => {
    expect((await container.items.upsert({ id: 'a', pk: 'p' })).statusCode).toBe(201);
  },
  'upsert of what is there': async () => {
    await create({ id: 'a', pk: 'p', n: 1 });
    expect((await container.items.upsert({ id: 'a', pk: 'p', n: 2 })).statusCode).toBe(200);
    expect((await read('a', 'p')).resource).toMatchObject({ n: 2 });
  },
  delete: async () => {
    await create({ id: 'a', pk: 'p' });
    expect((await container.item('a', 'p').delete()).statusCode).toBe(204);
    expect((await read('a', 'p')).statusCode).toBe(404);
  },
  'delete of what is absent': async () => {
    expect(await refusedWith(container.item('a', 'p').delete())).toBe(404);
  },
  '_ts is in whole seconds': async () => {
    const before = Math.floor(Date.now() / 1000);
    const ts = Number((await create({ id: 'a', pk: 'p' })).resource?.['_ts']);
    expect(Number.isInteger(ts)).toBe(true);
    expect(ts).toBeGreaterThanOrEqual(before);
    expect(ts).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));
  },
  'the etag changes with every write': async () => {
    const etags = [String((await create({ id: 'a', pk: 'p' })).resource?.['_etag'])];
    for (let n = 0; n < 3; n += 1)
      etags.push(String((await container.items.upsert({ id: 'a', pk: 'p' })).resource?._etag));
    expect(new Set(etags).size).toBe(4);
  },
  'the _rid stays across a replace': async () => {
    const { resource: before } = await create({ id: 'a', pk: 'p' });
    const { resource: after } = await container.item('a', 'p').replace({ id: 'a', pk: 'p', n: 2 });
    expect(after?.['_rid']).toBe(before?.['_rid']);
  },
  'a number as partition key': () => keepsKey(42),
  '0 as partition key': () => keepsKey(0),
  'false as partition key': () => keepsKey(false),
  "the keys '42' and 42 are different partitions": async () => {
    await create({ id: 'a', pk: 42 });
    expect((await read('a', '42')).statusCode).toBe(404);
    expect((await create({ id: 'a', pk: '42' })).statusCode).toBe(201);
    expect((await read('a', 42)).resource).toMatchObject({ pk: 42 });
  },
  'null as partition key': () => keepsKey(null),
  'no partition key': async () => {
    expect((await create({ id: 'a', n: 1 })).statusCode).toBe(201);
    await create({ id: 'a', pk: null, n: 2 });
    expect(await read('a', undefined)).toMatchObject({ statusCode: 200, resource: { n: 1 } });
  },
  'an empty string as partition key': () => keepsKey(''),
  'separators in keys and ids do not make them collide': async () => {
    await create({ id: 'z', pk: 'x:/id:y', n: 1 });
    await create({ id: 'y:z', pk: 'x', n: 2 });
    expect((await read('z', 'x:/id:y')).resource).toMatchObject({ n: 1 });
    expect((await read('y:z', 'x')).resource).toMatchObject({ n: 2 });
  },
  'an id with a slash': async () => {
    for (const id of ['a/b', 'a\\b', 'a?b', 'a#b']) await expect(create({ id, pk: 'p' })).rejects.toThrow();
    expect((await container.items.readAll().fetchAll()).resources).toEqual([]);
  },
  'a nested partition key path': async () => {
    const nested = await account.container({ partitionKey: { paths: ['/t/id'], version: 2 } });
    expect((await nested.items.create({ id: 'a', t: { id: 'T' } })).statusCode).toBe(201);
    expect((await nested.item('a', 'T').read()).statusCode).toBe(200);
  },
  'a body that contradicts its partition key header': async () => {
    expect(await refusal(contradicted())).toMatchObject({ code: 400, substatus: 1001 });
  },
  'a contradicted header leaks nothing into the other partition': async () => {
    await expect(contradicted()).rejects.toThrow();
    for (const key of ['other', 'mine']) expect((await read('a', key)).statusCode).toBe(404);
  },
});
