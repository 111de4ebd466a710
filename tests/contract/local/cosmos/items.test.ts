import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, refusedWith, startAccount } from './account.ts';

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
  it('drops what the client says about system properties', async () => {
    const { resource } = await items.items.create({ id: 'a', pk: 'p', _etag: 'mine', _ts: 1, _rid: 'x', _self: 'y' });
    expect(resource?._etag).not.toBe('mine');
    expect(JSON.stringify(resource).match(/_etag/g)).toHaveLength(1);
  });

  it('never gets the etag of a deleted predecessor', async () => {
    const { resource: first } = await items.items.create({ id: 'a', pk: 'p' });
    await items.item('a', 'p').delete();
    const { resource: second } = await items.items.create({ id: 'a', pk: 'p' });
    expect(second?._etag).not.toBe(first?._etag);
    expect(second?._rid).not.toBe(first?._rid);
  });

  it('is refused when it is nested deeper than the service takes', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 200; level += 1) deep = [deep];
    expect(await refusedWith(items.items.create({ id: 'a', pk: 'p', deep }))).toBe(400);
  });

  it('can have its id as its partition key', async () => {
    const byId = await account.container({ partitionKey: { paths: ['/id'], version: 2 } });
    await byId.items.create({ id: 'a' });
    expect((await byId.item('a', 'a').read()).statusCode).toBe(200);
  });
});
