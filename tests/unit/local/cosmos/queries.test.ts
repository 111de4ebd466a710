import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../local/cosmos/json.ts';
import {
  CALLS,
  compareScalars,
  evaluate,
  type Node,
  PAIR_CALLS,
  typeRank,
  type Value,
  write,
} from './naive-evaluator.ts';
import { type OpenContainer, openContainer } from './open-container.ts';

const scalar = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<Json>(
      0,
      1,
      2,
      -1,
      1.5,
      2 ** 53,
      1e21,
      'a',
      'b',
      'ab',
      '',
      '1',
      'é',
      'z\u0000b',
      '😀',
      '\uffee',
    ),
  },
  fc.constantFrom<Json>(true, false, null),
);
const json = fc.oneof(
  { weight: 5, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.constantFrom<Json>({ x: 1 }, { x: 1, y: 'a' }, { y: 'a', x: 1 }, {}, [{ x: 1 }], { x: [1, 2] }, { x: null }),
);
const documentBody = fc.record({ a: json, b: json, c: scalar, 'odd name': json }, { requiredKeys: [] });

const path = fc.constantFrom<Node>(
  ...[['a'], ['b'], ['c'], ['odd name'], ['a', 'x'], ['b', 0], ['b', 'x', 1], ['a', 0, 'x'], ['id']].map(
    (steps): Node => ({ kind: 'path', path: steps }),
  ),
);
const constant = json.map((value): Node => ({ kind: 'constant', value }));

const plain = fc.oneof({ weight: 3, arbitrary: path }, constant);
const array = fc.oneof(
  { weight: 3, arbitrary: path },
  fc.array(plain, { maxLength: 3 }).map((items): Node => ({ kind: 'list', items })),
);
const computed = fc.oneof(
  fc.record({ kind: fc.constant('coalesce' as const), left: path, right: plain }),
  fc.record({
    kind: fc.constant('conditional' as const),
    test: path.map((operand): Node => ({ kind: 'call', name: 'IS_NUMBER', args: [operand] })),
    chosen: plain,
    otherwise: plain,
  }),
  fc.record({
    kind: fc.constant('calculate' as const),
    operator: fc.constantFrom('+' as const, '-' as const, '*' as const),
    left: path,
    right: plain,
  }),
  fc.record({
    kind: fc.constant('call' as const),
    name: fc.constantFrom('SetUnion' as const, 'ARRAY_CONCAT' as const),
    args: fc.tuple(array, array),
  }),
  fc.record({
    kind: fc.constant('call' as const),
    name: fc.constantFrom('ARRAY_LENGTH' as const, 'LENGTH' as const),
    args: fc.tuple(plain),
  }),
  array,
) as fc.Arbitrary<Node>;

const condition = fc.letrec<{ node: Node; leaf: Node }>((tie) => ({
  leaf: fc.oneof(
    fc.record({
      kind: fc.constant('compare' as const),
      operator: fc.constantFrom('=' as const, '!=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const),
      left: fc.oneof({ weight: 4, arbitrary: path }, constant, computed),
      right: fc.oneof({ weight: 3, arbitrary: constant }, path, computed),
    }),
    fc.record({ kind: fc.constant('in' as const), needle: path, list: fc.array(json, { minLength: 1, maxLength: 4 }) }),
    fc.record({ kind: fc.constant('between' as const), operand: path, low: scalar, high: scalar }),
    fc.record({
      kind: fc.constant('call' as const),
      name: fc.constantFrom(...CALLS),
      args: fc.tuple(fc.oneof({ weight: 3, arbitrary: path }, computed)),
    }),
    fc.record({
      kind: fc.constant('call' as const),
      name: fc.constantFrom(...PAIR_CALLS),
      args: fc.tuple(fc.oneof(path, constant), fc.oneof(constant, path)),
    }),
    fc.record({ kind: fc.constant('any' as const), array, value: json, counted: fc.boolean() }),
    path,
  ),
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.record({
      kind: fc.constant('logic' as const),
      operator: fc.constantFrom('AND' as const, 'OR' as const),
      left: tie('node'),
      right: tie('node'),
    }),
    fc.record({ kind: fc.constant('not' as const), operand: tie('node') }),
  ) as fc.Arbitrary<Node>,
})).node;

const sortKeys = fc.option(
  fc.tuple(fc.constantFrom('a', 'c', 'id'), fc.boolean(), fc.option(fc.tuple(fc.constantFrom('b', 'c'), fc.boolean()))),
);

function compareForSort(left: Value, right: Value): number {
  if (typeRank(left) !== typeRank(right)) return typeRank(left) - typeRank(right);
  return compareScalars(left, right) ?? 0;
}

const directions = [false, true];
const compositeIndexes = ['a', 'c', 'id'].flatMap((first) =>
  ['b', 'c'].flatMap((second) =>
    directions.map((descending) => [
      { path: `/${first}`, order: 'ascending' },
      { path: `/${second}`, order: descending ? 'descending' : 'ascending' },
    ]),
  ),
);

type Sort = [string, boolean, [string, boolean] | null] | null;

function orderText(sort: Sort): string {
  if (sort === null) return '';
  const keys = [[sort[0], sort[1]], ...(sort[2] === null ? [] : [sort[2]])];
  return ` ORDER BY ${keys.map(([name, descending]) => `c.${String(name)}${descending ? ' DESC' : ''}`).join(', ')}`;
}

/** Rows that tie keep the order of their creation, in the direction of the first key. */
function sorted(documents: readonly JsonObject[], sort: Sort): JsonObject[] {
  if (sort === null) return [...documents];
  const [first, descending, second] = sort;
  const numbered = documents.map((document, number) => ({ document, number }));
  const sign = (isDescending: boolean): number => (isDescending ? -1 : 1);
  numbered.sort((left, right) => {
    const byFirst = compareForSort(left.document[first], right.document[first]) * sign(descending);
    if (byFirst !== 0) return byFirst;
    const bySecond =
      second === null ? 0 : compareForSort(left.document[second[0]], right.document[second[0]]) * sign(second[1]);
    return bySecond !== 0 ? bySecond : (left.number - right.number) * sign(descending);
  });
  return numbered.map(({ document }) => document);
}

/** Arrays and objects have no order in the service either: they are not sorted by here. */
const isSortable = (document: JsonObject, sort: Sort): boolean =>
  sort === null || [sort[0], sort[2]?.[0]].every((name) => name === undefined || typeRank(document[name]) <= 4);

function check(bodies: readonly JsonObject[], where: Node, sort: Sort, maxItems: number, opened: OpenContainer): void {
  const documents = bodies
    .map((body, index): JsonObject => ({ ...body, id: `d${index}`, pk: 'p' }))
    .filter((one) => isSortable(one, sort));
  opened.insert(documents);
  const parameters: { name: string; value: Json }[] = [];
  const query = `SELECT VALUE c.id FROM c WHERE ${write(where, parameters)}${orderText(sort)}`;
  const passing = documents.filter((document) => evaluate(where, document) === true);
  const expected = sorted(passing, sort).map(({ id }) => id);
  expect(opened.read({ query, parameters }, ['p'], maxItems), query).toEqual(expected);
}

describe('compiled queries', () => {
  it('agree with a plain evaluation, page by page', () => {
    return fc.assert(
      fc.property(
        fc.array(documentBody, { maxLength: 25 }),
        condition,
        sortKeys,
        fc.integer({ min: 1, max: 8 }),
        (bodies, where, sort, maxItems) => {
          const opened = openContainer({ indexingPolicy: { compositeIndexes } });
          check(bodies as JsonObject[], where, sort as Sort, maxItems, opened);
          opened.close();
        },
      ),
      { numRuns: 400 },
    );
  });

  it('agree when indexes serve them', () => {
    return fc.assert(
      fc.property(
        fc.array(documentBody, { minLength: 20, maxLength: 20 }),
        condition,
        sortKeys,
        (bodies, where, sort) => {
          const opened = openContainer({ indexingPolicy: { compositeIndexes } });
          // Above 500 documents queries get indexes.
          const many = Array.from({ length: 30 }, () => bodies as JsonObject[]).flat();
          check(many, where, sort as Sort, 70, opened);
          opened.close();
        },
      ),
      { numRuns: 25 },
    );
  });
});
