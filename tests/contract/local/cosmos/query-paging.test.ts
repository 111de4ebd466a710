import type { Container, FeedOptions } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, refusedWith, startAccount } from './account.ts';

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

/** Reads page by page, each with a fresh iterator, and does something between pages. */
async function pages(
  query: string,
  options: FeedOptions,
  between: (page: number) => Promise<void> = async () => {},
): Promise<unknown[][]> {
  const read: unknown[][] = [];
  let continuationToken: string | undefined;
  do {
    const iterator = items.items.query(query, {
      partitionKey: 'p',
      ...options,
      ...(continuationToken === undefined ? {} : { continuationToken }),
    });
    const page = await iterator.fetchNext();
    read.push(page.resources);
    continuationToken = page.continuationToken;
    await between(read.length);
  } while (continuationToken !== undefined);
  return read;
}

const numbers = Array.from({ length: 250 }, (_, n) => n);

describe('pages', () => {
  it('hold a hundred items unless told otherwise', async () => {
    const read = await pages('SELECT VALUE c.n FROM c', {});
    expect(read.map((page) => page.length)).toEqual([100, 100, 50]);
    expect(read.flat()).toEqual(numbers);
  });

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

  it('are not disturbed by inserts before, and deletes of, what was read', async () => {
    const read = await pages(
      'SELECT VALUE c.n FROM c WHERE c.n >= 0 ORDER BY c.n',
      { maxItemCount: 50 },
      async (page) => {
        await items.items.create({ id: `early${page}`, pk: 'p', n: 0 });
        // Also the very item at which the page ended.
        await items.item(`d${page * 50 - 1}`, 'p').delete();
      },
    );
    expect(read.flat()).toEqual(numbers);
  });

  it('end before 4 MB', async () => {
    for (let n = 0; n < 6; n += 1)
      await items.items.create({ id: `big${n}`, pk: 'large', text: 'x'.repeat(1_500_000) });
    const read = await pages('SELECT * FROM c', { partitionKey: 'large', maxItemCount: 100 });
    expect(read.map((page) => page.length)).toEqual([2, 2, 2]);
  });

  it('follow one another across partitions', async () => {
    const iterator = items.items.query('SELECT VALUE c.n FROM c WHERE c.n < 100', { maxItemCount: 30 });
    const read: unknown[] = [];
    while (iterator.hasMoreResults()) read.push(...((await iterator.fetchNext()).resources ?? []));
    expect(read).toEqual(numbers.slice(0, 100));
    const { resources } = await items.items.query('SELECT VALUE COUNT(1) FROM c').fetchAll();
    expect(resources).toEqual([250]);
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
