import { type ChangeFeedIteratorOptions, ChangeFeedStartFrom, type Container, PartitionKeyKind } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, eventually, refusedWith, startAccount } from './account.ts';

let account: Account;
let items: Container;

type Start = NonNullable<ChangeFeedIteratorOptions['changeFeedStartFrom']>;

beforeAll(async () => {
  account = await startAccount();
});
beforeEach(async () => {
  items = await account.container();
});
afterAll(() => account.close());

/** Reads until there is nothing new; returns the changes of each page and where to go on. */
async function readFeed(
  changeFeedStartFrom: Start,
  maxItemCount = 100,
): Promise<{ pages: string[][]; continuation: string }> {
  const iterator = items.items.getChangeFeedIterator({ changeFeedStartFrom, maxItemCount });
  const pages: string[][] = [];
  for (;;) {
    const page = await iterator.readNext();
    if (page.statusCode === 304) return { pages, continuation: String(page.continuationToken) };
    pages.push(page.result.map((change: { id: string; n?: number }) => `${change.id}:${change.n ?? ''}`));
  }
}

const create = (id: string, pk = 'A', n = 0) => items.items.create({ id, pk, n });

describe('the change feed', () => {
  it('can start at a time', async () => {
    await create('a');
    const hourAgo = new Date(Date.now() - 3_600_000);
    const inAnHour = new Date(Date.now() + 3_600_000);
    expect((await readFeed(ChangeFeedStartFrom.Time(hourAgo))).pages.flat()).toEqual(['a:0']);
    expect((await readFeed(ChangeFeedStartFrom.Time(inAnHour))).pages).toEqual([]);
  });

  it('refuses all versions', async () => {
    const versions = items.items.getChangeFeedIterator({ changeFeedMode: 'Full-Fidelity Feed' as never });
    expect(await refusedWith(versions.readNext())).toBe(400);
  });

  it('can be of a prefix of a hierarchical key', async () => {
    const hierarchical = await account.container({
      partitionKey: { paths: ['/t', '/u'], kind: PartitionKeyKind.MultiHash, version: 2 },
    });
    for (const [t, u] of [
      ['T', 'a'],
      ['S', 'a'],
      ['T', 'b'],
      ['TT', 'a'],
      ['T', 'c'],
    ]) {
      await hierarchical.items.create({ id: `${t}-${u}`, t, u });
    }
    items = hierarchical;
    const { pages, continuation } = await readFeed(ChangeFeedStartFrom.Beginning(['T']), 2);
    expect(pages).toEqual([['T-a:', 'T-b:'], ['T-c:']]);
    await hierarchical.items.create({ id: 'S-d', t: 'S', u: 'd' });
    await hierarchical.items.create({ id: 'T-d', t: 'T', u: 'd' });
    expect((await readFeed(ChangeFeedStartFrom.Continuation(continuation))).pages).toEqual([['T-d:']]);
    expect((await readFeed(ChangeFeedStartFrom.Beginning(['T', 'b']))).pages).toEqual([['T-b:']]);
  });

  it('is read by several readers, each for itself', async () => {
    for (const id of ['a', 'b', 'c']) await create(id);
    const readers = await Promise.all(
      Array.from({ length: 4 }, (_, index) => readFeed(ChangeFeedStartFrom.Beginning(), index + 1)),
    );
    for (const { pages } of readers) expect(pages.flat()).toEqual(['a:0', 'b:0', 'c:0']);
  });

  it('starts at the second it is told, and goes on from there', async () => {
    await create('early');
    const second = Number((await items.item('early', 'A').read()).resource?._ts);
    await eventually(
      async () => Math.floor(Date.now() / 1000),
      (now) => now > second,
    );
    await create('late');
    const from = new Date((second + 1) * 1000);
    const { pages, continuation } = await readFeed(ChangeFeedStartFrom.Time(from));
    expect(pages.flat()).toEqual(['late:0']);
    await create('later');
    expect((await readFeed(ChangeFeedStartFrom.Continuation(continuation))).pages.flat()).toEqual(['later:0']);
  });
});
