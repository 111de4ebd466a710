import type { Container, SqlParameter } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, refusal, refusedWith, startAccount } from './account.ts';

let account: Account;
let items: Container;

const indexingPolicy = {
  compositeIndexes: [
    [
      { path: '/parity', order: 'ascending' as const },
      { path: '/n', order: 'descending' as const },
    ],
  ],
};

beforeAll(async () => {
  account = await startAccount();
  items = await account.container({ indexingPolicy });
  for (let n = 0; n < 30; n += 1) {
    await items.items.create({
      id: `d${n}`,
      pk: ['A', 'B', 'C'][n % 3],
      n,
      name: `Al${n}`,
      parity: n % 2 === 0 ? 'even' : 'odd',
      tags: [n % 2 === 0 ? 'even' : 'odd', `t${n % 5}`],
      kids: [
        { k: n, ok: true },
        { k: n + 1, ok: n % 2 === 0 },
      ],
      o: { u: n % 4, order: 1 },
      date: `2024-01-${String(n + 1).padStart(2, '0')}T00:00:00Z`,
      ...(n % 6 === 0 ? { nul: null } : {}),
      ...(n === 7 ? { mixed: 'seven' } : { mixed: n }),
    });
  }
});
afterAll(() => account.close());

async function run(
  query: string,
  parameters: Record<string, unknown> = {},
  partitionKey?: unknown,
): Promise<unknown[]> {
  const list = Object.entries(parameters).map(([name, value]) => ({ name: `@${name}`, value }) as SqlParameter);
  const options = partitionKey === undefined ? {} : { partitionKey: partitionKey as string };
  return (await items.items.query({ query, parameters: list }, options).fetchAll()).resources;
}

/** The numbers of the documents that pass a filter, in every partition. */
async function numbers(where: string, parameters: Record<string, unknown> = {}): Promise<number[]> {
  return ((await run(`SELECT VALUE c.n FROM c WHERE ${where}`, parameters)) as number[]).sort((a, b) => a - b);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('partitions', () => {
  it('bound what a query with a partition key sees', async () => {
    for (const query of ['SELECT * FROM c', "SELECT * FROM c WHERE c.n >= 0 OR c.pk = 'B'"]) {
      const found = (await run(query, {}, 'A')) as { pk: string }[];
      expect(found.map(({ pk }) => pk)).toEqual(Array(10).fill('A'));
    }
    expect(await run('SELECT VALUE COUNT(1) FROM c', {}, 'A')).toEqual([10]);
    expect(await run('SELECT * FROM c', {}, 'none')).toEqual([]);
    expect((await items.items.readAll({ partitionKey: 'A' }).fetchAll()).resources).toHaveLength(10);
    expect(await run('SELECT * FROM c')).toHaveLength(30);
  });
});

describe('filters', () => {
  const filters: [string, Record<string, unknown>, (n: number) => boolean][] = [
    ['c.n = 3', {}, (n) => n === 3],
    ['c.n = @n', { n: 3 }, (n) => n === 3],
    ["c['n'] = 3", {}, (n) => n === 3],
    ['c.n > 5 AND c.n <= 9 OR c.n = 20', {}, (n) => (n > 5 && n <= 9) || n === 20],
    ['NOT (c.n < 29)', {}, (n) => n === 29],
    ['NOT c.kids[1].ok', {}, (n) => n % 2 === 1],
    ['c.kids[1].ok', {}, (n) => n % 2 === 0],
    ['c.n BETWEEN 4 AND 6', {}, (n) => n >= 4 && n <= 6],
    ['c.n NOT BETWEEN 1 AND 28', {}, (n) => n === 0 || n === 29],
    ["c.id IN ('d1', 'd2')", {}, (n) => n === 1 || n === 2],
    ['c.id IN (@a, @b)', { a: 'd1', b: 'd2' }, (n) => n === 1 || n === 2],
    ['c.n NOT IN (0, 1)', {}, (n) => n > 1],
    ['c.mixed IN (1, "seven", true)', {}, (n) => n === 1 || n === 7],
    ['ARRAY_CONTAINS(@ids, c.id)', { ids: ['d1', 'd5'] }, (n) => n === 1 || n === 5],
    ["ARRAY_CONTAINS(c.tags, 'odd')", {}, (n) => n % 2 === 1],
    ['ARRAY_CONTAINS(c.kids, {k: 3, ok: true})', {}, (n) => n === 3 || n === 2],
    ['ARRAY_CONTAINS(c.kids, {k: 3}, true)', {}, (n) => n === 3 || n === 2],
    ['ARRAY_LENGTH(c.kids) = 2', {}, () => true],
    ['EXISTS (SELECT VALUE t FROM t IN c.tags WHERE t = "t0")', {}, (n) => n % 5 === 0],
    ['EXISTS (SELECT VALUE k FROM k IN c.kids WHERE k.k = 4 AND k.ok)', {}, (n) => n === 4],
    ['IS_DEFINED(c.nul)', {}, (n) => n % 6 === 0],
    ['NOT IS_DEFINED(c.nul)', {}, (n) => n % 6 !== 0],
    ['c.nul = null', {}, (n) => n % 6 === 0],
    ['IS_NULL(c.nul)', {}, (n) => n % 6 === 0],
    ['c.nul != 1', {}, (n) => n % 6 === 0],
    ['c.missing != 1', {}, () => false],
    ['NOT (c.missing = 1)', {}, () => false],
    ['c.missing = c.missing', {}, () => false],
    ["c.n = '1'", {}, () => false],
    ["c.n != '1'", {}, () => true],
    ["c.n > 'a'", {}, () => false],
    ["NOT (c.n > 'a')", {}, () => false],
    ['c.mixed > 27', {}, (n) => n > 27],
    ["c.mixed >= 'a'", {}, (n) => n === 7],
    ['c.n = c.mixed', {}, (n) => n !== 7],
    ['c.n != c.mixed', {}, (n) => n === 7],
    ['c.o = {"order": 1, u: 1}', {}, (n) => n % 4 === 1],
    ['c.tags = ["odd", "t1"]', {}, (n) => n % 10 === 1],
    ["c.date >= '2024-01-29'", {}, (n) => n >= 28],
    ["STARTSWITH(c.name, 'Al1')", {}, (n) => n === 1 || (n >= 10 && n < 20)],
    ["STARTSWITH(c.name, 'AL1')", {}, () => false],
    ["STARTSWITH(c.name, 'AL1', true)", {}, (n) => n === 1 || (n >= 10 && n < 20)],
    ["ENDSWITH(c.name, '9')", {}, (n) => n % 10 === 9],
    ["CONTAINS(c.name, 'l2')", {}, (n) => n === 2 || n >= 20],
    ["CONTAINS(c.name, 'L2', true)", {}, (n) => n === 2 || n >= 20],
    ["CONTAINS(LOWER(c.name), 'al2')", {}, (n) => n === 2 || n >= 20],
    ["UPPER(c.name) = 'AL3'", {}, (n) => n === 3],
    ["StringEquals(c.name, 'al3', true)", {}, (n) => n === 3],
    ["c.name LIKE 'Al1%'", {}, (n) => n === 1 || (n >= 10 && n < 20)],
    ["c.name LIKE '_l1_'", {}, (n) => n >= 10 && n < 20],
    ["c.name NOT LIKE '%1%'", {}, (n) => !String(n).includes('1')],
    ["c.name LIKE 'Al[12]'", {}, (n) => n === 1 || n === 2],
    ["RegexMatch(c.name, '^al1', 'i')", {}, (n) => n === 1 || (n >= 10 && n < 20)],
    ["CONCAT(c.parity, '-', c.name) = 'odd-Al3'", {}, (n) => n === 3],
    ["c.parity || c.name = 'oddAl3'", {}, (n) => n === 3],
    ['LENGTH(c.name) = 3', {}, (n) => n < 10],
    ["SUBSTRING(c.name, 2, 1) = '2'", {}, (n) => n === 2 || n >= 20],
    ['c.n * 2 + 1 = 7', {}, (n) => n === 3],
    ['c.n % 10 = 3', {}, (n) => n % 10 === 3],
    ['c.n / 2 = 1.5', {}, (n) => n === 3],
    ['-c.n = -3', {}, (n) => n === 3],
    ['ABS(0 - c.n) = 3', {}, (n) => n === 3],
    ['(c.n < 5 ? "low" : "high") = "low"', {}, (n) => n < 5],
    ['(c.nul ?? "none") = "none"', {}, (n) => n % 6 !== 0],
    ['IIF(c.n = 1, true, false)', {}, (n) => n === 1],
    ['IS_STRING(c.mixed)', {}, (n) => n === 7],
    ['IS_NUMBER(c.mixed)', {}, (n) => n !== 7],
    ['IS_ARRAY(c.tags) AND IS_OBJECT(c.o) AND IS_BOOL(c.kids[0].ok)', {}, () => true],
    ['c.n', {}, () => false],
    ['true', {}, () => true],
    ['undefined', {}, () => false],
    ['c["o"]["order"] = 1 AND c.n = 3', {}, (n) => n === 3],
    ['(c.n > @n OR (c.n = @n AND c.id > @id))', { n: 27, id: 'd27' }, (n) => n > 27],
    ['c.n = @gone', { gone: undefined }, () => false],
  ];
  it.each(filters)('%s', async (where, parameters, expected) => {
    expect(await numbers(where, parameters)).toEqual(upTo(30).filter(expected));
  });

  it('keep quoted text as data', async () => {
    expect(await numbers("c.name = '\\' OR 1=1 --'")).toEqual([]);
    expect(await numbers('c.name = @x', { x: "'; DROP TABLE items_1; --" })).toEqual([]);
    expect(await run('SELECT VALUE COUNT(1) FROM c')).toEqual([30]);
  });
});

describe('results', () => {
  it('are projected, aliased and named', async () => {
    expect(await run('SELECT c.n, c.o.u AS x, c["name"] FROM c WHERE c.n = 1')).toEqual([{ n: 1, x: 1, name: 'Al1' }]);
    expect(await run('SELECT c.n + 1, LOWER(c.name) FROM c WHERE c.n = 1')).toEqual([{ $1: 2, $2: 'al1' }]);
    expect(await run('SELECT VALUE {a: c.n, b: [c.id, c.missing], c: c.missing} FROM c WHERE c.n = 1')).toEqual([
      { a: 1, b: ['d1'] },
    ]);
    expect(await run('SELECT c.missing FROM c WHERE c.n = 1')).toEqual([{}]);
    expect(await run('SELECT VALUE c.missing FROM c')).toEqual([]);
    expect(await run('SELECT VALUE c.nul FROM c WHERE c.n = 6')).toEqual([null]);
    expect(await run('SELECT c.kids[0].ok AS ok, c.n > 3 AS more, "x" AS text FROM c WHERE c.n = 1')).toEqual([
      { ok: true, more: false, text: 'x' },
    ]);
  });

  it('are whole documents for *, the alias and VALUE alias', async () => {
    const [star] = await run('SELECT * FROM c WHERE c.n = 1');
    expect(star).toMatchObject({ id: 'd1', _attachments: 'attachments/' });
    expect(await run('SELECT VALUE r FROM root r WHERE r.n = 1')).toEqual([star]);
    expect(await run('SELECT c FROM c WHERE c.n = 1')).toEqual([{ c: star }]);
    expect(await run('SELECT * FROM items c WHERE c.n = 1')).toEqual([star]);
  });

  it('hold subqueries, in one partition and across them', async () => {
    const query = 'SELECT VALUE ARRAY(SELECT VALUE k.k FROM k IN c.kids WHERE k.ok) FROM c WHERE c.n < 2 ORDER BY c.n';
    expect(await run(query)).toEqual([[0, 1], [1]]);
    expect(
      await run('SELECT c.id, k.n FROM c JOIN (SELECT COUNT(1) AS n FROM x IN c.kids) AS k', {}, 'A'),
    ).toHaveLength(10);
  });

  it('join arrays', async () => {
    expect(await run('SELECT c.n, k.k FROM c JOIN k IN c.kids WHERE c.n = 1')).toEqual([
      { n: 1, k: 1 },
      { n: 1, k: 2 },
    ]);
    expect(await run('SELECT VALUE k.k FROM c JOIN k IN c.kids WHERE k.ok')).toHaveLength(45);
    expect(await run('SELECT VALUE t FROM c JOIN t IN c.tags WHERE c.n = 1', {}, 'B')).toEqual(['odd', 't1']);
    expect(await run('SELECT VALUE t FROM t IN c.tags WHERE t = "t1"', {}, 'B')).toHaveLength(2);
  });

  it('are distinct', async () => {
    expect((await run('SELECT DISTINCT VALUE c.o.u FROM c', {}, 'A')).sort()).toEqual([0, 1, 2, 3]);
    expect((await run('SELECT DISTINCT VALUE c.parity FROM c')).sort()).toEqual(['even', 'odd']);
    expect(await run('SELECT DISTINCT c.parity, c.o["order"] FROM c', {}, 'A')).toHaveLength(2);
    expect(await run('SELECT DISTINCT c.parity, c.o["order"] FROM c')).toHaveLength(2);
  });

  it('are aggregated, in one partition and across them', async () => {
    expect(await run('SELECT VALUE COUNT(1) FROM c WHERE c.n < 0')).toEqual([0]);
    expect(await run('SELECT VALUE COUNT(c.nul) FROM c')).toEqual([5]);
    expect(await run('SELECT VALUE SUM(c.n) FROM c')).toEqual([435]);
    expect(await run('SELECT VALUE AVG(c.n) FROM c')).toEqual([14.5]);
    expect(await run('SELECT VALUE MIN(c.n) FROM c')).toEqual([0]);
    expect(await run('SELECT VALUE MAX(c.n) FROM c')).toEqual([29]);
    expect(await run('SELECT VALUE MAX(c.name) FROM c', {}, 'A')).toEqual(['Al9']);
    expect(await run('SELECT VALUE SUM(c.mixed) FROM c', {}, 'B')).toEqual([]);
    expect(await run('SELECT COUNT(1) AS a, MAX(c.n) AS b FROM c', {}, 'A')).toEqual([{ a: 10, b: 27 }]);
    expect(await run('SELECT VALUE SUM(c.n > 3 ? 1 : 0) FROM c')).toEqual([26]);
  });

  it('cannot be aggregated across partitions without VALUE', async () => {
    await expect(run('SELECT COUNT(1) AS a FROM c')).rejects.toThrow('VALUE');
  });

  it('are grouped', async () => {
    const groups = (await run('SELECT c.o.u, COUNT(1) AS count, SUM(c.n) AS sum FROM c GROUP BY c.o.u')) as {
      u: number;
      count: number;
      sum: number;
    }[];
    expect(groups.sort((a, b) => a.u - b.u)).toEqual([
      { u: 0, count: 8, sum: 112 },
      { u: 1, count: 8, sum: 120 },
      { u: 2, count: 7, sum: 98 },
      { u: 3, count: 7, sum: 105 },
    ]);
    expect(await run('SELECT c.parity, c.pk, COUNT(1) AS n FROM c GROUP BY c.parity, c.pk')).toHaveLength(6);
    expect(await run('SELECT c.parity, MIN(c.n) AS least FROM c WHERE c.n > 10 GROUP BY c.parity', {}, 'A')).toEqual([
      { parity: 'even', least: 12 },
      { parity: 'odd', least: 15 },
    ]);
  });
});

describe('order', () => {
  it('is by one property, across partitions', async () => {
    expect(await run('SELECT VALUE c.n FROM c ORDER BY c.n DESC')).toEqual(upTo(30).reverse());
    expect(await run('SELECT TOP 2 VALUE c.n FROM c ORDER BY c.n')).toEqual([0, 1]);
    expect(await run('SELECT TOP @n VALUE c.n FROM c ORDER BY c.n', { n: 3 })).toEqual([0, 1, 2]);
    expect(await run('SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 5 LIMIT 3')).toEqual([5, 6, 7]);
    expect(await run('SELECT VALUE c.n FROM c ORDER BY c.n OFFSET @o LIMIT @l', { o: 5, l: 3 })).toEqual([5, 6, 7]);
    expect(await run('SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 8 LIMIT 5', {}, 'A')).toEqual([24, 27]);
    expect(await run('SELECT VALUE c.id FROM c ORDER BY c._ts')).toHaveLength(30);
  });

  it('goes by type before value, and keeps documents that lack the property', async () => {
    expect(
      ((await run('SELECT c.n, c.nul FROM c ORDER BY c.nul', {}, 'A')) as { nul?: null }[]).map(({ nul }) => nul),
    ).toEqual([...Array(5).fill(undefined), ...Array(5).fill(null)]);
    expect((await run('SELECT VALUE c.mixed FROM c ORDER BY c.mixed')).at(-1)).toBe('seven');
  });

  it('by several properties needs a composite index', async () => {
    const sorted = await run('SELECT c.parity, c.n FROM c ORDER BY c.parity, c.n DESC', {}, 'A');
    expect(sorted).toEqual(
      [24, 18, 12, 6, 0]
        .map((n) => ({ parity: 'even', n }))
        .concat([27, 21, 15, 9, 3].map((n) => ({ parity: 'odd', n }))),
    );
    expect(await run('SELECT VALUE c.n FROM c ORDER BY c.parity DESC, c.n ASC', {}, 'A')).toEqual([
      3, 9, 15, 21, 27, 0, 6, 12, 18, 24,
    ]);
    expect(await run('SELECT VALUE c.n FROM c ORDER BY c.parity, c.n DESC')).toHaveLength(30);
    for (const order of ['c.parity, c.n', 'c.n DESC, c.parity', 'c.n, c.name']) {
      expect(await refusal(run(`SELECT * FROM c ORDER BY ${order}`, {}, 'A'))).toMatchObject({
        code: 400,
        message: expect.stringContaining('composite index'),
      });
    }
  });

  it('cannot be by a computed value', async () => {
    expect(await refusedWith(run('SELECT * FROM c ORDER BY LOWER(c.name)', {}, 'A'))).toBe(400);
  });
});

describe('refusals', () => {
  it.each([
    ['SELECT', 'syntax'],
    ['SELECT * FROM c WHERE', 'syntax'],
    ['SELECT * FROM c WHERE c.value = 1', "near 'value'"],
    ['SELECT c.order FROM c', "near 'order'"],
    ['SELECT * FROM c WHERE c.n = @none', '@none'],
    ['SELECT * FROM c WHERE x.n = 1', "'x'"],
    ['SELECT * FROM c WHERE c.n & 1 = 1', "'&'"],
    ['SELECT ST_DISTANCE(c.a, c.b) FROM c', 'ST_DISTANCE'],
    ['SELECT udf.mine(c.a) FROM c', 'user-defined'],
    ['SELECT c.pk, COUNT(1) AS k FROM c GROUP BY c.pk ORDER BY c.pk', 'ORDER BY'],
    ['SELECT VALUE COUNT(1) + 1 FROM c', 'Compositions'],
    ['SELECT LOWER() FROM c', 'LOWER'],
    ['SELECT c.n, COUNT(1) AS n2 FROM c', 'GROUP BY'],
    ['SELECT * FROM c JOIN t IN c.tags', 'single input set'],
    ['SELECT TOP -1 * FROM c', 'syntax'],
    ['SELECT * FROM c; DROP TABLE x', 'syntax'],
  ])('%s', async (query, hint) => {
    const { code, message } = await refusal(run(query, {}, 'A'));
    expect(code).toBe(400);
    expect(message.toLowerCase()).toContain(hint.toLowerCase());
  });
});
