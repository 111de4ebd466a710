import { type Container, CosmosClient, type CosmosClientOptions, PluginOn } from '@azure/cosmos';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Account, refusal, refusedWith, startAccount } from '../account.ts';
import { testBehaviours } from './behaviours.ts';
import { asking, documentOf, readPages, thirtyDocuments, upTo } from './query-fixture.ts';

let account: Account;
let container: Container;
/** 250 documents in the partition p, numbered from 0. */
let many: Container;

const fill = async (made: Container, count: number): Promise<Container> => {
  for (let from = 0; from < count; from += 50) {
    const bodies = upTo(50).map((at) => ({ id: `d${from + at}`, pk: 'p', n: from + at }));
    await made.items.bulk(bodies.map((resourceBody) => ({ operationType: 'Create', resourceBody })));
  }
  return made;
};

beforeAll(async () => {
  account = await startAccount();
  container = await thirtyDocuments(account);
  many = await fill(await account.container(), 250);
});
afterAll(() => account.close());

const { run, numbers } = asking(() => container);
const where = (test: (n: number) => boolean): number[] => upTo(30).filter(test);
const isOfA = (n: number): boolean => n % 3 === 0;
const startsWithOne = where((n) => String(n).startsWith('1'));

async function finds(filter: string, expected: (n: number) => boolean, named: Record<string, unknown> = {}) {
  expect(await numbers(filter, named)).toEqual(where(expected));
}
async function answers(query: string, expected: unknown[], named: Record<string, unknown> = {}, key?: string) {
  expect(await run(query, named, key)).toEqual(expected);
}
async function isRefused(query: string, hint: string, key = 'A') {
  expect(await refusal(run(query, {}, key))).toMatchObject({ code: 400, message: expect.stringContaining(hint) });
}

const ofA = where(isOfA).map((n) => `d${n}`);
const inOrder = 'SELECT VALUE c.n FROM c ORDER BY c.n';

testBehaviours('05-query', {
  'equality with a parameter': () => answers('SELECT c.id FROM c WHERE c.n = @n', [{ id: 'd3' }], { n: 3 }),
  'a partition key bounds a query that has no filter': () => answers('SELECT VALUE c.id FROM c', ofA, {}, 'A'),
  'a partition key bounds readAll': async () => {
    const { resources } = await container.items.readAll({ partitionKey: 'A' }).fetchAll();
    expect(resources.map(({ id }) => id)).toEqual(ofA);
  },
  'a partition key bounds a query that names the key too': async () => {
    await answers("SELECT VALUE c.id FROM c WHERE c.pk = 'A'", ofA, {}, 'A');
    await answers("SELECT VALUE c.id FROM c WHERE c.pk = 'B' OR c.n >= 0", ofA, {}, 'A');
  },
  'a partition key bounds an aggregate': () => answers('SELECT VALUE COUNT(1) FROM c', [10], {}, 'A'),
  'ranges with AND, OR and NOT': async () => {
    await finds('c.n > 5 AND c.n <= 9 OR c.n = 20', (n) => (n > 5 && n <= 9) || n === 20);
    await finds('NOT (c.n > 5 AND NOT (c.n >= 28))', (n) => n <= 5 || n >= 28);
  },
  BETWEEN: () => finds('c.n BETWEEN 4 AND 6', (n) => n >= 4 && n <= 6),
  'IN with literals': () => finds("c.id IN ('d1', 'd2')", (n) => n === 1 || n === 2),
  'IN with parameters': () => finds('c.id IN (@a, @b)', (n) => n === 1 || n === 2, { a: 'd1', b: 'd2' }),
  'ARRAY_CONTAINS of a parameter': () =>
    finds('ARRAY_CONTAINS(@ids, c.id)', (n) => n === 1 || n === 5, { ids: ['d1', 'd5'] }),
  'ARRAY_CONTAINS of a property': () => finds("ARRAY_CONTAINS(c.tags, 'odd')", (n) => n % 2 === 1),
  'ARRAY_CONTAINS of a part of an object': async () => {
    await finds('ARRAY_CONTAINS(c.kids, {ok: true}, true)', () => true);
    await finds('ARRAY_CONTAINS(c.kids, {ok: true})', () => false);
  },
  'ORDER BY descending': () => answers(`${inOrder} DESC`, upTo(30).toReversed()),
  'ORDER BY two keys without a composite index': () =>
    isRefused('SELECT * FROM c ORDER BY c.n, c.name', 'composite index'),
  'ORDER BY two keys with a composite index': () =>
    answers('SELECT VALUE c.n FROM c ORDER BY c.parity, c.n DESC', [24, 18, 12, 6, 0, 27, 21, 15, 9, 3], {}, 'A'),
  'OFFSET LIMIT': () => answers(`${inOrder} OFFSET 5 LIMIT 3`, [5, 6, 7]),
  'OFFSET LIMIT with parameters': () => answers(`${inOrder} OFFSET @o LIMIT @l`, [5, 6, 7], { o: 5, l: 3 }),
  TOP: () => answers('SELECT TOP 2 VALUE c.n FROM c ORDER BY c.n', [0, 1]),
  'TOP with a parameter': () => answers('SELECT TOP @n VALUE c.n FROM c ORDER BY c.n', [0, 1], { n: 2 }),
  'COUNT(1)': () => answers('SELECT VALUE COUNT(1) FROM c', [30]),
  'SUM, AVG, MIN and MAX': async () => {
    for (const [aggregate, expected] of [
      ['SUM', 435],
      ['AVG', 14.5],
      ['MIN', 0],
      ['MAX', 29],
    ])
      await answers(`SELECT VALUE ${aggregate}(c.n) FROM c`, [expected]);
  },
  'GROUP BY with a count': async () => {
    const groups = await run('SELECT c.tags[1] AS tag, COUNT(1) AS count FROM c GROUP BY c.tags[1]');
    expect(groups).toHaveLength(5);
    expect(groups).toEqual(expect.arrayContaining(upTo(5).map((n) => ({ tag: `t${n}`, count: 6 }))));
  },
  'GROUP BY two keys with a sum': async () => {
    const groups = await run('SELECT c.parity, c.pk, SUM(c.n) AS sum FROM c GROUP BY c.parity, c.pk');
    expect(groups).toHaveLength(6);
    expect(groups).toContainEqual({ parity: 'even', pk: 'A', sum: 60 });
  },
  'GROUP BY with WHERE': () =>
    answers(
      'SELECT c.parity, MIN(c.n) AS least FROM c WHERE c.n > 10 GROUP BY c.parity',
      [
        { parity: 'even', least: 12 },
        { parity: 'odd', least: 15 },
      ],
      {},
      'A',
    ),
  'SUM of a conditional': () => answers('SELECT VALUE SUM(c.n > 3 ? 1 : 0) FROM c', [26]),
  'COUNT of nothing': () => answers('SELECT VALUE COUNT(1) FROM c WHERE false', [0]),
  'several aggregates without VALUE': async () => {
    await answers('SELECT COUNT(1) AS a, MAX(c.n) AS b FROM c', [{ a: 10, b: 27 }], {}, 'A');
    await expect(run('SELECT COUNT(1) AS a, MAX(c.n) AS b FROM c')).rejects.toThrow('VALUE');
  },
  'DISTINCT VALUE': async () => {
    expect((await run('SELECT DISTINCT VALUE c.tags[1] FROM c')).toSorted()).toEqual(['t0', 't1', 't2', 't3', 't4']);
  },
  'DISTINCT of objects': async () => {
    expect(await run('SELECT DISTINCT c.tags[1], c.o["order"] FROM c')).toHaveLength(5);
  },
  'JOIN with an array': async () => {
    expect(await run('SELECT VALUE k.k FROM c JOIN k IN c.kids')).toHaveLength(60);
    await answers('SELECT c.n, k.k FROM c JOIN k IN c.kids WHERE c.n = 1', [
      { n: 1, k: 1 },
      { n: 1, k: 2 },
    ]);
  },
  'JOIN with a filter': async () => {
    expect(await run('SELECT VALUE k.k FROM c JOIN k IN c.kids WHERE k.ok')).toHaveLength(45);
  },
  'EXISTS with a subquery': () => finds('EXISTS (SELECT VALUE t FROM t IN c.tags WHERE t = "odd")', (n) => n % 2 === 1),
  'IS_DEFINED and NOT IS_DEFINED': async () => {
    await finds('IS_DEFINED(c.nul)', (n) => n % 6 === 0);
    await finds('NOT IS_DEFINED(c.nul)', (n) => n % 6 !== 0);
  },
  'null is not undefined': () => finds('c.nul = null', (n) => n % 6 === 0),
  '!= on an undefined property': () => finds('c.missing != 1', () => false),
  STARTSWITH: async () => expect(await numbers("STARTSWITH(c.name, 'Al1')")).toEqual(startsWithOne),
  'STARTSWITH in any case': async () => expect(await numbers("STARTSWITH(c.name, 'AL1', true)")).toEqual(startsWithOne),
  'CONTAINS in any case': () => finds("CONTAINS(c.name, 'L2', true)", (n) => String(n).startsWith('2')),
  'StringEquals in any case': () => finds("StringEquals(c.name, 'AL3', true)", (n) => n === 3),
  LIKE: async () => {
    expect(await numbers("c.name LIKE 'Al1%'")).toEqual(startsWithOne);
    await finds("c.name LIKE '_l1_'", (n) => n >= 10 && n < 20);
  },
  RegexMatch: async () => expect(await numbers("RegexMatch(c.name, '^al1', 'i')")).toEqual(startsWithOne),
  'LOWER, UPPER and CONCAT': () =>
    answers("SELECT VALUE CONCAT(LOWER(c.name), '-', UPPER(c.parity)) FROM c WHERE c.n = 1", ['al1-ODD']),
  GetCurrentDateTime: async () => {
    const [now] = await run('SELECT VALUE GetCurrentDateTime() FROM c WHERE c.n = 1');
    expect(now).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
  },
  'DateTimePart and DateTimeAdd': () =>
    answers("SELECT DateTimePart('yyyy', c.date) AS year, DateTimeAdd('dd', 1, c.date) AS next FROM c WHERE c.n = 1", [
      { year: 2024, next: '2024-01-03T00:00:00.0000000Z' },
    ]),
  ARRAY_LENGTH: () => answers('SELECT VALUE ARRAY_LENGTH(c.kids) FROM c WHERE c.n = 1', [2]),
  'the ternary operator and ??': () =>
    answers("SELECT (c.n > 3 ? 'high' : 'low') AS a, c.nul ?? 'none' AS b FROM c WHERE c.n = 1", [
      { a: 'low', b: 'none' },
    ]),
  IIF: () => answers("SELECT VALUE IIF(c.n = 1, 'a', 'b') FROM c WHERE c.n < 2 ORDER BY c.n", ['b', 'a']),
  'projection of an object': () =>
    answers('SELECT VALUE {a: c.n, b: [c.id, c.missing], c: c.missing} FROM c WHERE c.n = 1', [{ a: 1, b: ['d1'] }]),
  'a quoted property': () => answers("SELECT c['name'] FROM c WHERE c['n'] = 1", [{ name: 'Al1' }]),
  'aliases of the root': async () => {
    await answers('SELECT VALUE r.id FROM root r WHERE r.n = 1', ['d1']);
    await answers('SELECT VALUE x.id FROM items x WHERE x.n = 1', ['d1']);
    expect(await run('SELECT * FROM items c WHERE c.n = 1')).toMatchObject([documentOf(1)]);
  },
  'reserved words as properties': async () => {
    await isRefused('SELECT * FROM c WHERE c.value = 1', "near 'value'");
    await isRefused('SELECT c.order FROM c', "near 'order'");
    await answers('SELECT VALUE c.o["order"] FROM c WHERE c.n = 1', [1]);
  },
  'a syntax error': () => isRefused('SELECT * FROM c WHERE', 'Syntax error'),
  'a parameter without a value': () => isRefused('SELECT * FROM c WHERE c.n = @none', '@none'),
  'a number is not the string of its digits': () => finds("c.n = '1'", () => false),
  'comparison across types': () => finds("c.n > 'a'", () => false),
  'comparison of strings': () => finds("c.date >= '2024-01-29'", (n) => n >= 28),
  'equality of objects': () => finds('c.o = {"order": 1, u: 1}', (n) => n % 4 === 1),
  'ORDER BY a property that some lack': async () => {
    const sorted = (await run('SELECT c.n, c.nul FROM c ORDER BY c.nul', {}, 'A')) as { nul?: null }[];
    expect(sorted.map(({ nul }) => nul)).toEqual([...Array(5).fill(undefined), ...Array(5).fill(null)]);
  },
  'ORDER BY _ts': async () => {
    expect(await run('SELECT VALUE c.id FROM c ORDER BY c._ts')).toHaveLength(30);
  },
  'pages of four hold all documents once': async () => {
    const iterator = container.items.query('SELECT VALUE c.n FROM c', { maxItemCount: 4 });
    const read: number[] = [];
    while (iterator.hasMoreResults()) {
      const { resources } = await iterator.fetchNext();
      expect(resources?.length ?? 0).toBeLessThanOrEqual(4);
      read.push(...(resources ?? []));
    }
    expect(read.toSorted((a, b) => a - b)).toEqual(upTo(30));
  },
  'a continuation token goes on in another iterator': async () => {
    const pages = await readPages(many, inOrder, { maxItemCount: 100 });
    expect(pages).toEqual([upTo(100), upTo(200).slice(100), upTo(250).slice(200)]);
  },
  'inserts between pages repeat nothing': async () => {
    const made = await fill(await account.container(), 100);
    const insert = async (page: number) => {
      await made.items.create({ id: `early${page}`, pk: 'p', n: -page });
    };
    expect((await readPages(made, inOrder, { maxItemCount: 30 }, insert)).flat()).toEqual(upTo(100));
  },
  'deletes between pages skip nothing': async () => {
    const made = await fill(await account.container(), 100);
    const remove = async (page: number) => {
      for (let n = (page - 1) * 30; n < Math.min(page * 30 - 1, 100); n += 1) await made.item(`d${n}`, 'p').delete();
    };
    expect((await readPages(made, inOrder, { maxItemCount: 30 }, remove)).flat()).toEqual(upTo(100));
  },
  'the document at which a page ended may go or change': async () => {
    const made = await fill(await account.container(), 100);
    const disturb = async (page: number) => {
      const id = `d${Math.min(page * 30, 100) - 1}`;
      if (page === 1) await made.item(id, 'p').delete();
      else await made.items.upsert({ id, pk: 'p', n: -1 });
    };
    expect((await readPages(made, inOrder, { maxItemCount: 30 }, disturb)).flat()).toEqual(upTo(100));
  },
  'the size of a page by default': async () => {
    const pages = await readPages(many, 'SELECT VALUE c.n FROM c', {});
    expect(pages.map(({ length }) => length)).toEqual([100, 100, 50]);
  },
  'a page ends before 4 MB': async () => {
    const made = await account.container();
    for (const n of upTo(6)) await made.items.create({ id: `${n}`, pk: 'p', text: 'x'.repeat(1_500_000) });
    const pages = await readPages(made, 'SELECT * FROM c', { maxItemCount: 100 });
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 2]);
  },
  'the request charge of a query': async () => {
    const cost = async (query: string): Promise<number> =>
      (await many.items.query(query, { partitionKey: 'p' }).fetchNext()).requestCharge;
    const one = await cost('SELECT TOP 1 * FROM c');
    expect(one).toBeGreaterThan(2);
    expect(await cost('SELECT TOP 100 * FROM c')).toBeGreaterThan(one);
  },
  'COUNT over several pages': async () => {
    const options = { maxItemCount: 10 };
    const { resources } = await many.items.query('SELECT VALUE COUNT(1) FROM c', options).fetchAll();
    expect(resources).toEqual([250]);
  },
  'the client asks for a query plan across partitions': async () => {
    let plans = 0;
    const plugin = (context: { headers: Record<string, unknown> }, _: unknown, next: (of: unknown) => unknown) => {
      if (context.headers['x-ms-cosmos-is-query-plan-request'] !== undefined) plans += 1;
      return next(context);
    };
    const { endpoint, key } = account.server;
    const plugins = [{ on: PluginOn.request, plugin }];
    const client = new CosmosClient({ endpoint, key, plugins } as unknown as CosmosClientOptions);
    const counted = client.database('test').container(container.id);
    expect((await counted.items.query(inOrder).fetchAll()).resources).toEqual(upTo(30));
    expect(plans).toBe(1);
    client.dispose();
  },
  forceQueryPlan: async () => {
    // Not with a partition key: the SDK then sends it with no request, and gets the documents of all partitions.
    const options = { forceQueryPlan: true };
    const { resources } = await container.items.query(inOrder, options).fetchAll();
    expect(resources).toEqual(upTo(30));
    expect(await refusedWith(container.items.query('SELECT', options).fetchAll())).toBe(400);
  },
});
