import type { Container } from '@azure/cosmos';
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

describe('one item', () => {
  it('is created with the system properties', async () => {
    const { statusCode, resource, headers } = await items.items.create({ id: 'a', pk: 'p', n: 1 });
    expect(statusCode).toBe(201);
    expect(resource).toMatchObject({ id: 'a', pk: 'p', n: 1, _attachments: 'attachments/' });
    expect(resource?._etag).toMatch(/^".+"$/);
    expect(headers['etag']).toBe(resource?._etag);
    expect(Number.isInteger(resource?._ts)).toBe(true);
    expect(Math.abs((resource?._ts ?? 0) - Date.now() / 1000)).toBeLessThan(5);
    expect(resource?._self).toContain(String(resource?._rid));
    expect(Number(headers['x-ms-request-charge'])).toBeGreaterThan(4);
    expect(headers['x-ms-activity-id']).toBeTruthy();
    expect(headers['x-ms-session-token']).toMatch(/^0:-1#\d+$/);
  });

  it('drops what the client says about system properties', async () => {
    const { resource } = await items.items.create({ id: 'a', pk: 'p', _etag: 'mine', _ts: 1, _rid: 'x', _self: 'y' });
    expect(resource?._etag).not.toBe('mine');
    expect(JSON.stringify(resource).match(/_etag/g)).toHaveLength(1);
  });

  it('gets an id when it has none', async () => {
    const { resource } = await items.items.create({ pk: 'p' });
    expect(resource?.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('conflicts with the same id in the same partition only', async () => {
    await items.items.create({ id: 'a', pk: 'p' });
    expect(await refusedWith(items.items.create({ id: 'a', pk: 'p' }))).toBe(409);
    expect((await items.items.create({ id: 'a', pk: 'q' })).statusCode).toBe(201);
  });

  it('is read, and not found under another id or key', async () => {
    await items.items.create({ id: 'a', pk: 'p', n: 1 });
    expect((await items.item('a', 'p').read()).resource).toMatchObject({ n: 1 });
    for (const [id, key] of [
      ['b', 'p'],
      ['a', 'q'],
    ]) {
      const { statusCode, resource } = await items.item(String(id), key).read();
      expect([statusCode, resource]).toEqual([404, undefined]);
    }
  });

  it('is replaced under the same _rid with a new _etag', async () => {
    const { resource: before } = await items.items.create({ id: 'a', pk: 'p', n: 1 });
    const { statusCode, resource: after } = await items.item('a', 'p').replace({ id: 'a', pk: 'p', n: 2 });
    expect(statusCode).toBe(200);
    expect(after).toMatchObject({ n: 2, _rid: before?._rid });
    expect(after?._etag).not.toBe(before?._etag);
  });

  it('is not replaced when absent, or under another id or key', async () => {
    expect(await refusedWith(items.item('a', 'p').replace({ id: 'a', pk: 'p' }))).toBe(404);
    await items.items.create({ id: 'a', pk: 'p' });
    expect(await refusedWith(items.item('a', 'p').replace({ id: 'b', pk: 'p' }))).toBe(400);
    expect(await refusedWith(items.item('a', 'p').replace({ id: 'a', pk: 'q' }))).toBe(400);
  });

  it('is upserted: 201 when new, 200 when there', async () => {
    expect((await items.items.upsert({ id: 'a', pk: 'p', n: 1 })).statusCode).toBe(201);
    expect((await items.items.upsert({ id: 'a', pk: 'p', n: 2 })).statusCode).toBe(200);
    expect((await items.item('a', 'p').read()).resource).toMatchObject({ n: 2 });
  });

  it('is deleted once', async () => {
    await items.items.create({ id: 'a', pk: 'p' });
    expect((await items.item('a', 'p').delete()).statusCode).toBe(204);
    expect(await refusedWith(items.item('a', 'p').delete())).toBe(404);
  });

  it('never gets the etag of a deleted predecessor', async () => {
    const { resource: first } = await items.items.create({ id: 'a', pk: 'p' });
    await items.item('a', 'p').delete();
    const { resource: second } = await items.items.create({ id: 'a', pk: 'p' });
    expect(second?._etag).not.toBe(first?._etag);
    expect(second?._rid).not.toBe(first?._rid);
  });

  it('is not found in a container or database that is not there', async () => {
    const stranger = account.database.container('none');
    expect(await refusal(stranger.items.upsert({ id: 'a' }))).toMatchObject({ code: 404 });
    expect(await refusedWith(account.client.database('none').container('none').items.create({ id: 'a' }))).toBe(404);
    expect(await refusedWith(stranger.items.query('SELECT * FROM c').fetchAll())).toBe(404);
  });

  it('keeps odd ids', async () => {
    const ids = [
      'with space',
      'uni-ćž-日本',
      'per%cent',
      'plus+sign',
      "quote'single",
      'dq"uote',
      'semi;colon',
      'a:b:c',
      'at@x',
      'a&b=c',
      'dot.',
      'tilde~',
      'x'.repeat(255),
      'emoji😀',
    ];
    for (const id of ids) {
      await items.items.create({ id, pk: 'p' });
      expect((await items.item(id, 'p').read()).resource?.id).toBe(id);
      expect((await items.item(id, 'p').patch([{ op: 'set', path: '/x', value: 1 }])).resource).toMatchObject({
        id,
        x: 1,
      });
      expect((await items.item(id, 'p').delete()).statusCode).toBe(204);
    }
  });

  it('has limits: id, key, size, nesting', async () => {
    expect(await refusedWith(items.items.create({ id: 'x'.repeat(256), pk: 'p' }))).toBe(400);
    expect(await refusedWith(items.items.create({ id: 'what?', pk: 'p' }))).toBe(400);
    expect(await refusedWith(items.items.create({ id: 'a', pk: 'k'.repeat(2049) }))).toBe(400);
    expect(await refusedWith(items.items.create({ id: 'a', pk: 'p', big: 'x'.repeat(2 * 1024 * 1024) }))).toBe(413);
    let deep: unknown = 1;
    for (let level = 0; level < 200; level += 1) deep = [deep];
    expect(await refusedWith(items.items.create({ id: 'a', pk: 'p', deep }))).toBe(400);
  });

  it('keeps numbers, nesting and names as they are', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100; level += 1) deep = { deep };
    const odd = JSON.parse('{"__proto__": {"x": 1}, "constructor": "c", "nul": "a\\u0000b", "lone": "\\ud800"}');
    const body = { id: 'a', pk: 'p', large: 2 ** 53 - 1, small: 1e-7, negative: -0.5, deep, odd };
    await items.items.create(body);
    const { resource } = await items.item('a', 'p').read();
    expect(resource).toMatchObject({ large: 2 ** 53 - 1, small: 1e-7, negative: -0.5, deep });
    expect(JSON.stringify(resource?.odd)).toBe(JSON.stringify(odd));
  });

  it('costs more when it is larger', async () => {
    const small = await items.items.create({ id: 'a', pk: 'p', text: 'x'.repeat(500) });
    const large = await items.items.create({ id: 'b', pk: 'p', text: 'x'.repeat(100 * 1024) });
    expect(large.requestCharge).toBeGreaterThan(small.requestCharge * 5);
    expect((await items.item('a', 'p').read()).requestCharge).toBeCloseTo(1, 1);
    expect((await items.item('b', 'p').read()).requestCharge).toBeGreaterThan(5);
  });
});

describe('partition keys', () => {
  it('are kept apart by type', async () => {
    const keys = ['42', 42, 0, '', 'null', null, false, 'false', true];
    for (const [index, pk] of keys.entries()) {
      expect((await items.items.create({ id: 'same', pk, index })).statusCode).toBe(201);
    }
    await items.items.create({ id: 'same', index: 'none' });
    for (const [index, pk] of keys.entries()) {
      expect((await items.item('same', pk).read()).resource).toMatchObject({ index });
    }
    expect((await items.item('same', undefined).read()).resource).toMatchObject({ index: 'none' });
  });

  it('cannot be confused by separators', async () => {
    await items.items.create({ id: 'z', pk: 'x:/id:y', n: 1 });
    await items.items.create({ id: 'y:z', pk: 'x', n: 2 });
    expect((await items.item('z', 'x:/id:y').read()).resource).toMatchObject({ n: 1 });
  });

  it('must agree with the body', async () => {
    const mismatched = items.items.upsert({ id: 'a', pk: 'mine' }, {
      initialHeaders: { 'x-ms-documentdb-partitionkey': '["other"]' },
    } as never);
    expect(await refusal(mismatched)).toMatchObject({ code: 400, substatus: 1001 });
    expect((await items.item('a', 'other').read()).statusCode).toBe(404);
    expect((await items.item('a', 'mine').read()).statusCode).toBe(404);
  });

  it('can be nested', async () => {
    const nested = await account.container({ partitionKey: { paths: ['/t/id'], version: 2 } });
    await nested.items.create({ id: 'a', t: { id: 'T' } });
    expect((await nested.item('a', 'T').read()).statusCode).toBe(200);
  });

  it('can be the id', async () => {
    const byId = await account.container({ partitionKey: { paths: ['/id'], version: 2 } });
    await byId.items.create({ id: 'a' });
    expect((await byId.item('a', 'a').read()).statusCode).toBe(200);
  });

  it('lose all their items at once', async () => {
    await items.items.create({ id: 'a', pk: 'p' });
    await items.items.create({ id: 'a', pk: 'q' });
    await items.deleteAllItemsForPartitionKey('p');
    expect((await items.item('a', 'p').read()).statusCode).toBe(404);
    expect((await items.item('a', 'q').read()).statusCode).toBe(200);
  });
});
