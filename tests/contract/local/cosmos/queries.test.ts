import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, refusal, refusedWith, startAccount } from './account.ts';
import { asking, thirtyDocuments, upTo } from './expected-behaviours/query-fixture.ts';

let account: Account;
let items: Container;

beforeAll(async () => {
  account = await startAccount();
  items = await thirtyDocuments(account);
});
afterAll(() => account.close());

const { run, numbers } = asking(() => items);

describe('filters', () => {
  const filters: [string, Record<string, unknown>, (n: number) => boolean][] = [
    ['c.n = 3', {}, (n) => n === 3],
    ["c['n'] = 3", {}, (n) => n === 3],
    ['NOT c.kids[1].ok', {}, (n) => n % 2 === 1],
    ['c.kids[1].ok', {}, (n) => n % 2 === 0],
    ['c.n NOT BETWEEN 1 AND 28', {}, (n) => n === 0 || n === 29],
    ['c.n NOT IN (0, 1)', {}, (n) => n > 1],
    ['c.mixed IN (1, "seven", true)', {}, (n) => n === 1 || n === 7],
    ['ARRAY_CONTAINS(c.kids, {k: 3, ok: true})', {}, (n) => n === 3 || n === 2],
    ['ARRAY_CONTAINS(c.kids, {k: 3}, true)', {}, (n) => n === 3 || n === 2],
    ['EXISTS (SELECT VALUE t FROM t IN c.tags WHERE t = "t0")', {}, (n) => n % 5 === 0],
    ['EXISTS (SELECT VALUE k FROM k IN c.kids WHERE k.k = 4 AND k.ok)', {}, (n) => n === 4],
    ['IS_NULL(c.nul)', {}, (n) => n % 6 === 0],
    ['c.nul != 1', {}, (n) => n % 6 === 0],
    ['NOT (c.missing = 1)', {}, () => false],
    ['c.missing = c.missing', {}, () => false],
    ["c.n != '1'", {}, () => true],
    ["NOT (c.n > 'a')", {}, () => false],
    ['c.mixed > 27', {}, (n) => n > 27],
    ["c.mixed >= 'a'", {}, (n) => n === 7],
    ['c.n = c.mixed', {}, (n) => n !== 7],
    ['c.n != c.mixed', {}, (n) => n === 7],
    ['c.tags = ["odd", "t1"]', {}, (n) => n % 10 === 1],
    ["STARTSWITH(c.name, 'AL1')", {}, () => false],
    ["ENDSWITH(c.name, '9')", {}, (n) => n % 10 === 9],
    ["CONTAINS(c.name, 'l2')", {}, (n) => n === 2 || n >= 20],
    ["CONTAINS(LOWER(c.name), 'al2')", {}, (n) => n === 2 || n >= 20],
    ["UPPER(c.name) = 'AL3'", {}, (n) => n === 3],
    ["StringEquals(c.name, 'al3', true)", {}, (n) => n === 3],
    ["c.name NOT LIKE '%1%'", {}, (n) => !String(n).includes('1')],
    ["c.name LIKE 'Al[12]'", {}, (n) => n === 1 || n === 2],
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
});

describe('results', () => {
  it('are projected, aliased and named', async () => {
    expect(await run('SELECT c.n, c.o.u AS x, c["name"] FROM c WHERE c.n = 1')).toEqual([{ n: 1, x: 1, name: 'Al1' }]);
    expect(await run('SELECT c.n + 1, LOWER(c.name) FROM c WHERE c.n = 1')).toEqual([{ $1: 2, $2: 'al1' }]);
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
    expect(await run('SELECT VALUE COUNT(c.nul) FROM c')).toEqual([5]);
    expect(await run('SELECT VALUE MAX(c.name) FROM c', {}, 'A')).toEqual(['Al9']);
    expect(await run('SELECT VALUE SUM(c.mixed) FROM c', {}, 'B')).toEqual([]);
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
  });
});

describe('order', () => {
  it('goes by type before value', async () => {
    expect((await run('SELECT VALUE c.mixed FROM c ORDER BY c.mixed')).at(-1)).toBe('seven');
  });

  it('is kept by OFFSET LIMIT within a partition', async () => {
    expect(await run('SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 8 LIMIT 5', {}, 'A')).toEqual([24, 27]);
  });

  it('by several properties goes both ways along a composite index, and no other', async () => {
    expect(await run('SELECT VALUE c.n FROM c ORDER BY c.parity DESC, c.n ASC', {}, 'A')).toEqual([
      3, 9, 15, 21, 27, 0, 6, 12, 18, 24,
    ]);
    expect(await run('SELECT VALUE c.n FROM c ORDER BY c.parity, c.n DESC')).toHaveLength(30);
    for (const order of ['c.parity, c.n', 'c.n DESC, c.parity']) {
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
    ['SELECT * FROM c WHERE x.n = 1', "'x'"],
    ['SELECT * FROM c WHERE c.n & 1 = 1', "'&'"],
    ['SELECT ST_DISTANCE(c.a, c.b) FROM c', 'ST_DISTANCE'],
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
