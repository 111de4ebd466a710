import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, startAccount } from './account.ts';
import { postItems } from './post-items.ts';

let account: Account;
let container: Container;

beforeAll(async () => {
  account = await startAccount();
});
beforeEach(async () => {
  container = await account.container();
});
afterAll(() => account.close());

describe('bodies', () => {
  it.each([
    ['no object', '[1]'],
    ['an id that is null', '{"id": null, "pk": "p"}'],
    ['no id', '{"pk": "p"}'],
    ['an empty id', '{"id": "", "pk": "p"}'],
    ['an array as its key', '{"id": "a", "pk": ["p"]}'],
    ['a ttl that is text', '{"id": "a", "pk": "p", "ttl": "1"}'],
  ])('with %s are refused with 400, and the server lives', async (_, body) => {
    const response = await postItems(account.server, container.id, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'BadRequest', message: expect.stringContaining('ActivityId') });
    expect((await container.items.create({ id: 'a', pk: 'p' })).statusCode).toBe(201);
  });

  it('need a partition key that is one', async () => {
    for (const key of ['p', '{}', '["p","q"]', '[["p"]]']) {
      const response = await postItems(account.server, container.id, '{"id":"a","pk":"p"}', key);
      expect([key, response.status]).toEqual([key, 400]);
    }
  });
});

describe('requests', () => {
  it('whose address is none are refused with 400, and the server lives', async () => {
    const response = await fetch(`${account.server.endpoint}/%E0%A4%A`, { method: 'POST', body: '{' });
    expect(response.status).toBe(400);
    expect((await container.items.create({ id: 'a', pk: 'p' })).statusCode).toBe(201);
  });
});
