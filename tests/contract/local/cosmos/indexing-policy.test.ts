import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, refusal, refusedWith, startAccount } from './account.ts';

let account: Account;

beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.close());

describe('an indexing policy', () => {
  it('that excludes a property keeps results from being sorted by it, not from being filtered', async () => {
    const container = await account.container({
      indexingPolicy: {
        includedPaths: [{ path: '/*' }, { path: '/o/deep/?' }],
        excludedPaths: [{ path: '/text/?' }, { path: '/o/*' }],
      },
    });
    await container.items.create({ id: 'a', pk: 'p', text: 'x', o: { deep: 1, other: 1 }, n: 1 });
    const ids = async (query: string) =>
      (await container.items.query(query, { partitionKey: 'p' }).fetchAll()).resources;
    for (const path of ['c.text', 'c.o.other']) {
      expect(await ids(`SELECT VALUE c.id FROM c WHERE ${path} != 7`)).toEqual(['a']);
      expect(await refusal(ids(`SELECT VALUE c.id FROM c ORDER BY ${path}`))).toMatchObject({
        code: 400,
        message: expect.stringContaining('excluded'),
      });
    }
    for (const path of ['c.n', 'c.o.deep', 'c._ts', 'c.id'])
      expect(await ids(`SELECT VALUE c.id FROM c ORDER BY ${path}`)).toEqual(['a']);
  });

  it('must have valid paths', async () => {
    expect(await refusedWith(account.container({ indexingPolicy: { includedPaths: [{ path: '/a' }] } }))).toBe(400);
  });
});
