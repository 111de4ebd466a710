import type { Container, FeedOptions } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, refusedWith, startAccount } from './account.ts';
import { readPages } from './expected-behaviours/query-fixture.ts';

let account: Account;
let items: Container;

beforeAll(async () => {
  account = await startAccount();
});
beforeEach(async () => {
  items = await account.container();
  for (let from = 0; from < 250; from += 50) {
    await items.items.bulk(
      Array.from({ length: 50 }, (_, at) => ({
        operationType: 'Create' as const,
        resourceBody: {
          id: `d${from + at}`,
          pk: 'p',
          n: from + at,
          group: (from + at) % 3,
          when: [null, 'x', 3, true][(from + at) % 4] ?? null,
        },
      })),
    );
  }
});
afterAll(() => account.close());

const pages = (query: string, options: FeedOptions): Promise<unknown[][]> => readPages(items, query, options);
const numbers = Array.from({ length: 250 }, (_, n) => n);

describe('pages', () => {
  it.each([
    ['SELECT VALUE c.n FROM c', numbers],
    ['SELECT VALUE c.n FROM c ORDER BY c.n DESC', numbers.toReversed()],
    ['SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 10 LIMIT 100', numbers.slice(10, 110)],
    ['SELECT TOP 77 VALUE c.n FROM c ORDER BY c.n', numbers.slice(0, 77)],
    ['SELECT DISTINCT VALUE c.group FROM c', undefined],
  ])('of 7 make up the whole: %s', async (query, expected) => {
    const quoted = query.replace('c.group', 'c["group"]');
    const read = await pages(quoted, { maxItemCount: 7 });
    expect(read.every((page) => page.length <= 7)).toBe(true);
    expect(read.flat()).toEqual(expected ?? [0, 1, 2]);
  });

  it('go through ties and mixed types without loss or repetition', async () => {
    for (const order of ['c["group"]', 'c["group"] DESC', 'c["when"]', 'c["when"] DESC', 'c.missing']) {
      const read = (await pages(`SELECT VALUE c.n FROM c ORDER BY ${order}`, { maxItemCount: 11 })).flat() as number[];
      expect(read.toSorted((a, b) => a - b)).toEqual(numbers);
    }
  });

  it('follow one another across partitions', async () => {
    const iterator = items.items.query('SELECT VALUE c.n FROM c WHERE c.n < 100', { maxItemCount: 30 });
    const read: unknown[] = [];
    while (iterator.hasMoreResults()) read.push(...((await iterator.fetchNext()).resources ?? []));
    expect(read).toEqual(numbers.slice(0, 100));
  });

  it('refuse a token that is none', async () => {
    const foreign = Buffer.from('{"anchor":{"keys":[{"rank":4,"value":1}],"number":1}}').toString('base64url');
    for (const continuationToken of ['nonsense', foreign]) {
      expect(
        await refusedWith(items.items.query('SELECT * FROM c', { partitionKey: 'p', continuationToken }).fetchNext()),
      ).toBe(400);
    }
  });

  it('are found through indexes as without them', async () => {
    // More than 500 documents: from here on the server makes indexes for its queries.
    for (let from = 250; from < 1050; from += 100) {
      await items.items.bulk(
        Array.from({ length: 100 }, (_, at) => ({
          operationType: 'Create' as const,
          resourceBody: { id: `d${from + at}`, pk: 'p', n: from + at, group: (from + at) % 3 },
        })),
      );
    }
    const all = Array.from({ length: 1050 }, (_, n) => n);
    const query = 'SELECT VALUE c.n FROM c WHERE c["group"] = 1';
    const wanted = all.filter((n) => n % 3 === 1);
    expect((await pages(query, { maxItemCount: 100 })).flat()).toEqual(wanted);
    expect((await pages(`${query} ORDER BY c.n DESC`, { maxItemCount: 100 })).flat()).toEqual(wanted.toReversed());
    expect(
      (
        await pages(`${query} AND (c.n > 500 OR (c.n = 500 AND c.id > "d5")) ORDER BY c.n`, { maxItemCount: 100 })
      ).flat(),
    ).toEqual(wanted.filter((n) => n >= 500));
  });
});
