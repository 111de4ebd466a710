import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenContainer, openContainer } from './open-container.ts';

let opened: OpenContainer;

beforeAll(() => {
  opened = openContainer();
  opened.insert([
    {
      id: 'x', pk: 'p', n: 5, text: 'Héllo', when: '2020-01-02T03:04:05.6789123Z', tags: ['b', 'a', 'b'], nul: null,
      kids: [{ k: 1, on: true }, { k: 2 }, { k: 3, on: true }], o: { a: 1, b: 'two' }, json: '{"deep":[1,{"q":"r"}]}',
    },
  ]); // biome-ignore format: one document
});
afterAll(() => opened.close());

/** The value of an expression; `'undefined'` when it is undefined. */
function resultOf(expression: string): unknown {
  const [result] = opened.read({ query: `SELECT VALUE [${expression}] FROM c` }, ['p']) as unknown[][];
  return result?.length === 0 ? 'undefined' : result?.[0];
}

describe('dates', () => {
  it.each([
    ['DateTimeAdd("month", 1, "2020-01-31T10:00:00.0000000Z")', '2020-02-29T10:00:00.0000000Z'],
    ['DateTimeAdd("yy", -1, "2020-02-29T00:00:00.0000000Z")', '2019-02-28T00:00:00.0000000Z'],
    ['DateTimeAdd("mm", -13, c["when"])', '2018-12-02T03:04:05.6789123Z'],
    ['DateTimeAdd("day", 30, c["when"])', '2020-02-01T03:04:05.6789123Z'],
    ['DateTimeAdd("hh", -4, c["when"])', '2020-01-01T23:04:05.6789123Z'],
    ['DateTimeAdd("ns", 200, c["when"])', '2020-01-02T03:04:05.6789125Z'],
    ['DateTimeAdd("day", 1.5, c["when"])', 'undefined'],
    ['DateTimeAdd("week", 1, c["when"])', 'undefined'],
    ['DateTimeAdd("day", 1, "2020-02-30T00:00:00Z")', 'undefined'],
    ['DateTimeAdd("year", 8000, c["when"])', 'undefined'],
    ['DateTimeDiff("day", "2020-01-01T01:02:03.1234527Z", "2020-01-03T01:02:03.1234567Z")', 2],
    ['DateTimeDiff("yyyy", "2019-02-04T16:00:00.0000000", "2018-03-05T05:00:00.0000000")', -1],
    ['DateTimeDiff("mm", "2019-02-04T16:00:00.0000000", "2018-03-05T05:00:00.0000000")', -11],
    ['DateTimeDiff("dd", "2019-02-04T16:00:00.0000000", "2018-03-05T05:00:00.0000000")', -336],
    ['DateTimeDiff("hh", "2019-02-04T16:00:00.0000000", "2018-03-05T05:00:00.0000000")', -8075],
    ['DateTimeDiff("minute", "2020-01-01T00:00:59Z", "2020-01-01T00:01:00Z")', 1],
    ['DateTimePart("yyyy", c["when"])', 2020],
    ['DateTimePart("m", c["when"])', 1],
    ['DateTimePart("ss", c["when"])', 5],
    ['DateTimePart("ms", c["when"])', 678],
    ['DateTimePart("mcs", c["when"])', 678_912],
    ['DateTimePart("ns", c["when"])', 678_912_300],
    ['DateTimePart("ns", c.n)', 'undefined'],
    ['DateTimeToTimestamp("2020-07-09T23:20:13.0000000Z")', 1_594_336_813_000],
    ['DateTimeToTicks("2020-07-09T23:20:13.0000000Z")', 15_943_368_130_000_000],
    ['TicksToDateTime(15943368134353332)', '2020-07-09T23:20:13.4353332Z'],
    ['TimestampToDateTime(1594227912345)', '2020-07-08T17:05:12.3450000Z'],
    ['TimestampToDateTime(-1)', '1969-12-31T23:59:59.9990000Z'],
    ['DateTimeFromParts(2020, 9, 4)', '2020-09-04T00:00:00.0000000Z'],
    ['DateTimeFromParts(2017, 4, 20, 13, 15, 20, 3456789)', '2017-04-20T13:15:20.3456789Z'],
    ['DateTimeFromParts(2020, 13, 4)', 'undefined'],
    ['DateTimeBin("2021-06-28T17:24:29.2991234Z", "hh", 6)', '2021-06-28T12:00:00.0000000Z'],
    ['DateTimeBin("2021-06-28T17:24:29.2991234Z", "day", 7, "2021-06-01T00:00:00Z")', '2021-06-22T00:00:00.0000000Z'],
    ['DateTimeBin("2021-06-28T17:24:29Z", "month", 3)', '2021-04-01T00:00:00.0000000Z'],
    ['IS_STRING(GetCurrentDateTime()) AND GetCurrentTimestamp() > 1594336813000', true],
    ['ABS(GetCurrentTicks() / 10000 - GetCurrentTimestampStatic()) < 1000', true],
    ['DateTimeDiff("hh", GetCurrentDateTime(), GetCurrentDateTimeStatic())', 0],
  ])('%s', (expression, expected) => {
    expect(resultOf(expression)).toEqual(expected);
  });
});

describe('numbers', () => {
  it.each([
    ['ROUND(2.5)', 3],
    ['ROUND(-2.5)', -3],
    ['ROUND(2.345, 1)', 2.3],
    ['SQUARE(c.n)', 25],
    ['LOG(8, 2)', 3],
    ['SQRT(-1)', 'undefined'],
    ['PI() > 3.14 AND RADIANS(180) = PI() AND DEGREES(PI()) = 180', true],
    ['SIN(0) + COS(0) + TAN(0) + ASIN(0) + ATAN(0) + ATN2(0, 1)', 1],
    ['ROUND(ACOS(-1) - PI())', 0],
    ['COT(0)', 'undefined'],
    ['RAND() >= 0 AND RAND() < 1', true],
    ['NUMBERBIN(37.4, 10)', 30],
    ['INTADD(2, 3)', 5],
    ['INTDIV(7, 2)', 3],
    ['INTMOD(7, 0)', 'undefined'],
    ['INTBITAND(6, 3)', 2],
    ['INTBITOR(6, 3)', 7],
    ['INTBITXOR(6, 3)', 5],
    ['INTBITNOT(0)', -1],
    ['INTBITLEFTSHIFT(1, 4)', 16],
    ['INTADD(1.5, 1)', 'undefined'],
    ['ABS("a")', 'undefined'],
    ['c.n / 0', 'undefined'],
  ])('%s', (expression, expected) => {
    expect(resultOf(expression)).toEqual(expected);
  });
});

describe('texts', () => {
  it.each([
    ['REPLICATE("ab", 3)', 'ababab'],
    ['REPLICATE("ab", -1)', 'undefined'],
    ['RIGHT(c.text, 2)', 'lo'],
    ['LEFT(c.text, 2)', 'Hé'],
    ['INDEX_OF(c.text, "l")', 2],
    ['INDEX_OF(c.text, "l", 3)', 3],
    ['INDEX_OF(c.text, "z")', -1],
    ['StringJoin(c.tags, "-")', 'b-a-b'],
    ['StringSplit("a,b", ",")', ['a', 'b']],
    ['StringToArray("[1, 2]")', [1, 2]],
    ['StringToObject(c.json).deep[1].q', 'r'],
    ['StringToBoolean("true")', true],
    ['StringToNull("null")', null],
    ['StringToNumber("1.5e1")', 15],
    ['StringToNumber("x")', 'undefined'],
    ['ToString(c.o)', '{"a":1,"b":"two"}'],
    ['TRIM("  a ") || LTRIM(" b") || RTRIM("c ")', 'abc'],
    ['REVERSE(c.text)', 'olléH'],
    ['REPLACE("aXa", "a", "$&")', '$&X$&'],
    ['LENGTH(c.text)', 5],
  ])('%s', (expression, expected) => {
    expect(resultOf(expression)).toEqual(expected);
  });
});

describe('arrays, objects and types', () => {
  it.each([
    ['ARRAY_CONCAT(c.tags, [1])', ['b', 'a', 'b', 1]],
    ['ARRAY_SLICE(c.tags, 1)', ['a', 'b']],
    ['ARRAY_SLICE(c.tags, -2, 1)', ['a']],
    ['ARRAY_CONTAINS_ANY(c.tags, "x", "a")', true],
    ['ARRAY_CONTAINS_ALL(c.tags, "x", "a")', false],
    ['SetIntersect(c.tags, ["b", "z"])', ['b']],
    ['SetUnion(c.tags, ["z", "a"])', ['b', 'a', 'z']],
    [
      'ObjectToArray(c.o, "name")',
      [
        { name: 'a', v: 1 },
        { name: 'b', v: 'two' },
      ],
    ],
    ['CHOOSE(2, c.missing, c.n)', 5],
    ['CHOOSE(1, c.missing, c.n)', 'undefined'],
    ['IS_INTEGER(c.n) AND NOT IS_INTEGER(1.5) AND IS_FINITE_NUMBER(c.n)', true],
    ['IS_PRIMITIVE(c.nul) AND NOT IS_PRIMITIVE(c.o)', true],
    ['ARRAY_LENGTH({a: [c.n]}.a)', 1],
    ['{a: c.n, b: c.missing, "c d": [c.text, c.missing]} = {"c d": ["Héllo"], a: 5}', true],
    ['ARRAY_CONTAINS([c.n, c.text], 5)', true],
    ['[c.n][0]', 5],
    ['ARRAY_CONCAT(c.tags)', 'refused'],
  ])('%s', (expression, expected) => {
    if (expected === 'refused') expect(() => resultOf(expression)).toThrow('ARRAY_CONCAT');
    else expect(resultOf(expression)).toEqual(expected);
  });
});

describe('NOT', () => {
  it('binds tighter than a comparison, as in the grammar of the service', () => {
    expect(resultOf('NOT c.n = 5')).toBe('undefined');
    expect(resultOf('NOT true = false')).toBe(true);
    expect(resultOf('NOT (c.n = 5)')).toBe(false);
    expect(resultOf('NOT c.kids[0].on AND true')).toBe(false);
  });
});

describe('subqueries', () => {
  it.each([
    ['ARRAY(SELECT VALUE k.k FROM k IN c.kids WHERE k.on)', [1, 3]],
    ['ARRAY(SELECT k.k, k.on AS yes FROM k IN c.kids)', [{ k: 1, yes: true }, { k: 2 }, { k: 3, yes: true }]],
    ['ARRAY(SELECT * FROM t IN c.tags)', ['b', 'a', 'b']],
    ['ARRAY(SELECT DISTINCT VALUE t FROM t IN c.tags)', ['b', 'a']],
    [
      'ARRAY(SELECT VALUE [t, k.k] FROM t IN c.tags JOIN k IN c.kids WHERE t = "a")',
      [
        ['a', 1],
        ['a', 2],
        ['a', 3],
      ],
    ],
    ['ARRAY(SELECT VALUE c.n)', [5]],
    ['ARRAY(SELECT VALUE c.missing)', []],
    ['ARRAY(SELECT VALUE x FROM x IN c.missing)', []],
    ['ARRAY_LENGTH(ARRAY(SELECT VALUE t FROM t IN c.tags WHERE t != "a"))', 2],
    ['(SELECT VALUE COUNT(1) FROM k IN c.kids WHERE k.on)', 2],
    ['(SELECT VALUE SUM(k.k) FROM k IN c.kids)', 6],
    ['(SELECT VALUE MAX(t) FROM t IN c.tags)', 'b'],
    ['(SELECT COUNT(1) AS n, AVG(k.k) AS mean FROM k IN c.kids)', { n: 3, mean: 2 }],
    ['(SELECT VALUE k.k FROM k IN c.kids WHERE k.k = 2)', 2],
    ['(SELECT VALUE k.k FROM k IN c.kids WHERE k.k = 9)', 'undefined'],
    ['(SELECT VALUE k FROM k IN c.kids WHERE k.k = 1).on', true],
    ['(SELECT VALUE 1)', 1],
    ['(SELECT VALUE (SELECT VALUE c.n + 1) * 2)', 12],
    ['EXISTS(SELECT VALUE k FROM k IN c.kids WHERE k.k > (SELECT VALUE COUNT(1) FROM t IN c.tags))', false],
  ])('%s', (expression, expected) => {
    expect(resultOf(expression)).toEqual(expected);
  });

  it('stand where tables stand', () => {
    const read = (query: string): unknown => opened.read({ query }, ['p']);
    expect(read('SELECT VALUE k FROM c JOIN k IN (SELECT VALUE x.k FROM x IN c.kids WHERE x.on)')).toEqual([1, 3]);
    expect(read('SELECT VALUE k FROM c JOIN (SELECT VALUE x.k FROM x IN c.kids WHERE x.on) AS k')).toEqual([1, 3]);
    expect(read('SELECT c.id, k.n FROM c JOIN (SELECT COUNT(1) AS n FROM x IN c.kids) k')).toEqual([{ id: 'x', n: 3 }]);
    expect(read('SELECT VALUE c.id FROM c WHERE (SELECT VALUE COUNT(1) FROM t IN c.tags WHERE t = "b") = 2')).toEqual([
      'x',
    ]);
  });

  it.each([
    ['(SELECT VALUE t FROM t IN c.tags)', 'cardinality'],
    ['ARRAY(SELECT VALUE t FROM t IN c.tags ORDER BY t)', 'ORDER BY in a subquery'],
    ['ARRAY(SELECT TOP 1 VALUE t FROM t IN c.tags)', 'TOP'],
    ['ARRAY(SELECT t, COUNT(1) AS n FROM t IN c.tags GROUP BY t)', 'GROUP BY'],
    ['ARRAY(SELECT t, COUNT(1) AS n FROM t IN c.tags)', 'not contained in an aggregate'],
    ['(SELECT VALUE COUNT(1) + 1 FROM t IN c.tags)', 'Compositions of aggregates'],
    ['udf.mine(c.n)', 'user-defined function'],
    ['ST_DISTANCE(c.a, c.b)', 'ST_DISTANCE'],
    ['c[c.text]', 'computed index'],
    ['c.n & 1', "'&'"],
  ])('refuses %s', (expression, hint) => {
    expect(() => resultOf(expression)).toThrow(hint);
  });
});
