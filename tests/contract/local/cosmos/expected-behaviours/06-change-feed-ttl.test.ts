import { type ChangeFeedIteratorOptions, ChangeFeedStartFrom, type Container } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { type Account, eventually, startAccount } from '../account.ts';
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

const put = (id: string, pk = 'A', n = 0) => container.items.upsert({ id, pk, n });

interface Feed {
  readonly pages: string[][];
  readonly continuation: string;
}

/** Reads until there is nothing new. */
async function readFeed(
  changeFeedStartFrom: NonNullable<ChangeFeedIteratorOptions['changeFeedStartFrom']>,
  maxItemCount = 100,
): Promise<Feed> {
  const iterator = container.items.getChangeFeedIterator({ changeFeedStartFrom, maxItemCount });
  const pages: string[][] = [];
  for (;;) {
    const page = await iterator.readNext();
    if (page.statusCode === 304) return { pages, continuation: String(page.continuationToken) };
    pages.push(page.result.map(({ id, n }: { id: string; n?: number }) => `${id}:${n}`));
  }
}

async function expires(in_: Container, id: string): Promise<void> {
  await eventually(
    async () => (await in_.item(id, 'p').read()).statusCode,
    (status) => status === 404,
  );
}

testBehaviours('06-change-feed-ttl', {
  'the feed from the beginning': async () => {
    for (const id of ['d0', 'd1', 'd2']) await put(id);
    const iterator = container.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Beginning() });
    const [page, end] = [await iterator.readNext(), await iterator.readNext()];
    expect(page.statusCode).toBe(200);
    expect(page.result.map(({ id }: { id: string }) => id)).toEqual(['d0', 'd1', 'd2']);
    expect([end.statusCode, end.count]).toEqual([304, 0]);
  },
  'the feed goes on from a token': async () => {
    for (const id of ['d0', 'd1']) await put(id);
    const { continuation } = await readFeed(ChangeFeedStartFrom.Beginning());
    await put('later', 'A', 99);
    await put('d0', 'A', 1000);
    const next = await readFeed(ChangeFeedStartFrom.Continuation(continuation));
    expect(next.pages.flat()).toEqual(['later:99', 'd0:1000']);
  },
  'the feed of one partition key': async () => {
    await put('d1', 'A');
    await put('d2', 'B');
    await put('d3', 'A');
    const { pages, continuation } = await readFeed(ChangeFeedStartFrom.Beginning('A'));
    expect(pages.flat()).toEqual(['d1:0', 'd3:0']);
    await put('other', 'B');
    await put('later', 'A');
    expect((await readFeed(ChangeFeedStartFrom.Continuation(continuation))).pages.flat()).toEqual(['later:0']);
  },
  'the feed from now on': async () => {
    await put('before');
    const iterator = container.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Now() });
    expect((await iterator.readNext()).statusCode).toBe(304);
    await put('after');
    expect((await iterator.readNext()).result.map(({ id }: { id: string }) => id)).toEqual(['after']);
  },
  'the feed in pages, in the order of modification': async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await put(id);
    await container.item('b', 'A').replace({ id: 'b', pk: 'A', n: 1 });
    await container.item('a', 'A').patch([{ op: 'incr', path: '/n', value: 7 }]);
    await container.item('e', 'A').delete();
    const { pages } = await readFeed(ChangeFeedStartFrom.Beginning(), 2);
    expect(pages).toEqual([
      ['c:0', 'd:0'],
      ['b:1', 'a:7'],
    ]);
  },
  'a container tells its defaultTtl': async () => {
    const short = await account.container({ defaultTtl: 1 });
    expect((await short.read()).resource?.defaultTtl).toBe(1);
  },
  'an expired item is gone from point reads': async () => {
    const short = await account.container({ defaultTtl: 1 });
    await short.items.create({ id: 'a', pk: 'p' });
    expect((await short.item('a', 'p').read()).statusCode).toBe(200);
    await expires(short, 'a');
  },
  'an expired item is gone from queries': async () => {
    const short = await account.container({ defaultTtl: 1 });
    await short.items.create({ id: 'a', pk: 'p' });
    await expires(short, 'a');
    for (const query of ['SELECT * FROM c', "SELECT * FROM c WHERE c.id = 'a'"])
      expect((await short.items.query(query).fetchAll()).resources).toEqual([]);
    expect((await short.items.query('SELECT VALUE COUNT(1) FROM c').fetchAll()).resources).toEqual([0]);
  },
  'a ttl of the item in a container without a default': async () => {
    const own = await account.container({ defaultTtl: -1 });
    await own.items.create({ id: 'x', pk: 'p', ttl: 1 });
    await own.items.create({ id: 'y', pk: 'p' });
    await expires(own, 'x');
    expect((await own.item('y', 'p').read()).statusCode).toBe(200);
  },
  'the id of an expired item is free': async () => {
    const short = await account.container({ defaultTtl: 1 });
    await short.items.create({ id: 'a', pk: 'p' });
    await expires(short, 'a');
    expect((await short.items.create({ id: 'a', pk: 'p' })).statusCode).toBe(201);
  },
});
