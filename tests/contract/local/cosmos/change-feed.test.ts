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
  it('has the latest version of everything, in order of the last write', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await create(id);
    await items.item('b', 'A').replace({ id: 'b', pk: 'A', n: 1 });
    await items.item('a', 'A').patch([{ op: 'incr', path: '/n', value: 7 }]);
    await items.item('e', 'A').delete();
    const { pages } = await readFeed(ChangeFeedStartFrom.Beginning(), 2);
    expect(pages).toEqual([
      ['c:0', 'd:0'],
      ['b:1', 'a:7'],
    ]);
  });

  it('goes on from a token, also for a new reader', async () => {
    await create('a');
    const first = await readFeed(ChangeFeedStartFrom.Beginning());
    await create('later');
    await items.items.upsert({ id: 'a', pk: 'A', n: 1 });
    const second = await readFeed(ChangeFeedStartFrom.Continuation(first.continuation));
    expect(second.pages.flat()).toEqual(['later:0', 'a:1']);
    expect((await readFeed(ChangeFeedStartFrom.Continuation(first.continuation))).pages.flat()).toEqual([
      'later:0',
      'a:1',
    ]);
    expect((await readFeed(ChangeFeedStartFrom.Continuation(second.continuation))).pages).toEqual([]);
  });

  it('can be of one partition key', async () => {
    await create('a', 'A');
    await create('b', 'B');
    await create('c', 'A');
    const { pages, continuation } = await readFeed(ChangeFeedStartFrom.Beginning('A'));
    expect(pages.flat()).toEqual(['a:0', 'c:0']);
    await create('d', 'B');
    await create('e', 'A');
    expect((await readFeed(ChangeFeedStartFrom.Continuation(continuation))).pages.flat()).toEqual(['e:0']);
  });

  it('can start now', async () => {
    await create('before');
    const iterator = items.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Now() });
    expect((await iterator.readNext()).statusCode).toBe(304);
    await create('after');
    expect((await iterator.readNext()).result.map((change: { id: string }) => change.id)).toEqual(['after']);
  });

  it('can start at a time', async () => {
    await create('a');
    const hourAgo = new Date(Date.now() - 3_600_000);
    const inAnHour = new Date(Date.now() + 3_600_000);
    expect((await readFeed(ChangeFeedStartFrom.Time(hourAgo))).pages.flat()).toEqual(['a:0']);
    expect((await readFeed(ChangeFeedStartFrom.Time(inAnHour))).pages).toEqual([]);
  });

  it('has no gap while others write', async () => {
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; n < 25; n += 1) await create(`w${writer}-${n}`, `k${writer}`);
    });
    const seen: string[] = [];
    const iterator = items.items.getChangeFeedIterator({
      changeFeedStartFrom: ChangeFeedStartFrom.Beginning(),
      maxItemCount: 7,
    });
    const end = Date.now() + 20_000;
    while (seen.length < 200 && Date.now() < end) {
      const page = await iterator.readNext();
      seen.push(...page.result.map((change: { id: string }) => change.id));
    }
    await Promise.all(writers);
    expect(new Set(seen).size).toBe(200);
    expect(seen).toHaveLength(200);
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
