import { ChangeFeedStartFrom, type Container } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, startAccount } from './account.ts';

let account: Account;
let items: Container;

const indexingPolicy = {
  compositeIndexes: [
    [
      { path: '/group', order: 'ascending' as const },
      { path: '/n', order: 'descending' as const },
    ],
  ],
};
const numbers = Array.from({ length: 60 }, (_, n) => n);

beforeAll(async () => {
  account = await startAccount({ partitions: 3 });
  items = await account.container({ indexingPolicy });
  await items.items.bulk(
    numbers.map((n) => ({
      operationType: 'Create' as const,
      resourceBody: { id: `d${n}`, pk: `k${n % 20}`, n, group: n % 4 },
    })),
  );
});
afterAll(() => account.close());

const run = async (query: string, options = {}): Promise<unknown[]> =>
  (await items.items.query(query, options).fetchAll()).resources;

describe('several physical partitions', () => {
  it('are told as feed ranges, and hold every document once', async () => {
    const ranges = await items.getFeedRanges();
    expect(ranges).toHaveLength(3);
    const counts: number[] = [];
    for (const range of ranges) {
      const feed = items.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Beginning(range) });
      let count = 0;
      for (let page = await feed.readNext(); page.statusCode === 200; page = await feed.readNext()) count += page.count;
      counts.push(count);
    }
    expect(counts.every((count) => count > 0)).toBe(true);
    expect(counts.reduce((sum, count) => sum + count)).toBe(60);
  });

  it('are queried one after another, or one alone', async () => {
    expect((await run('SELECT VALUE c.n FROM c')).toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers);
    expect(await run('SELECT VALUE c.n FROM c ORDER BY c.n', { partitionKey: 'k7' })).toEqual([7, 27, 47]);
    expect((await items.item('d7', 'k7').read()).statusCode).toBe(200);
  });

  it.each([
    ['SELECT VALUE c.n FROM c ORDER BY c.n DESC', numbers.toReversed()],
    ['SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 5 LIMIT 20', numbers.slice(5, 25)],
    ['SELECT TOP 3 VALUE c.n FROM c ORDER BY c.n', [0, 1, 2]],
    ['SELECT TOP 2 VALUE c.n FROM c WHERE c["group"] = 1 ORDER BY c["group"], c.n DESC', [57, 53]],
    ['SELECT VALUE COUNT(1) FROM c', [60]],
    ['SELECT VALUE SUM(c.n) FROM c', [1770]],
    ['SELECT VALUE AVG(c.n) FROM c', [29.5]],
    ['SELECT VALUE MIN(c.n) FROM c', [0]],
    ['SELECT VALUE MAX(c.n) FROM c', [59]],
  ])('are merged by the SDK: %s', async (query, expected) => {
    expect(await run(query, { maxItemCount: 7 })).toEqual(expected);
  });

  it('are merged by the SDK: DISTINCT and GROUP BY', async () => {
    // Objects, for the SDK loses results that are falsy.
    expect(await run('SELECT DISTINCT c["group"] FROM c')).toHaveLength(4);
    const groups = (await run('SELECT c["group"], COUNT(1) AS count FROM c GROUP BY c["group"]')) as {
      group: number;
    }[];
    expect(groups.toSorted((a, b) => a.group - b.group)).toEqual([0, 1, 2, 3].map((group) => ({ group, count: 15 })));
  });
});
