import type { Container, PatchOperation, PatchRequestBody } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, refusedWith, startAccount } from './account.ts';

let account: Account;
let items: Container;

const patch = (body: PatchRequestBody) => items.item('a', 'p').patch(body);
const when = (condition: string) => patch({ operations: [{ op: 'set', path: '/done', value: true }], condition });

beforeAll(async () => {
  account = await startAccount();
  items = await account.container();
});
beforeEach(async () => {
  await items.items.upsert({
    id: 'a',
    pk: 'p',
    n: 5,
    s: 'Hello',
    leaseOwner: 'w1',
    Status: 'Active',
    list: [1, 2, 3],
    o: { x: 1 },
  });
});
afterAll(() => account.close());

describe('patch operations', () => {
  const accepted: [string, PatchOperation[], Record<string, unknown>][] = [
    ['set a nested property', [{ op: 'set', path: '/o/y', value: 2 }], { o: { x: 1, y: 2 } }],
    ['set replaces an array element', [{ op: 'set', path: '/list/0', value: 9 }], { list: [9, 2, 3] }],
    ['remove a property', [{ op: 'remove', path: '/o/x' }], { o: {} }],
    ['remove an array element', [{ op: 'remove', path: '/list/1' }], { list: [1, 3] }],
    ['set to null', [{ op: 'set', path: '/n', value: null }], { n: null }],
    ['an escaped name', [{ op: 'set', path: '/a~1b~0c', value: 1 }], { 'a/b~c': 1 }],
    [
      'several in order',
      [
        { op: 'set', path: '/m', value: 1 },
        { op: 'incr', path: '/m', value: 1 },
      ],
      { m: 2 },
    ],
  ];
  it.each(accepted)('%s', async (_, operations, expected) => {
    const { statusCode, resource } = await patch(operations);
    expect(statusCode).toBe(200);
    expect(resource).toMatchObject(expected);
    if ('o' in expected) expect(resource?.o).toEqual(expected['o']);
  });

  const refused: [string, unknown[]][] = [
    ['incr by a string', [{ op: 'incr', path: '/n', value: '1' }]],
    ['add beyond the end of an array', [{ op: 'add', path: '/list/9', value: 1 }]],
    ['a system property', [{ op: 'set', path: '/_ts', value: 1 }]],
    ['an unknown operation', [{ op: 'multiply', path: '/n', value: 2 }]],
    ['a path without a slash', [{ op: 'set', path: 'n', value: 2 }]],
    ['no operations', []],
  ];
  it.each(refused)('refuse %s and change nothing', async (_, operations) => {
    const before = await items.item('a', 'p').read();
    expect(await refusedWith(patch(operations as PatchOperation[]))).toBe(400);
    expect((await items.item('a', 'p').read()).resource).toEqual(before.resource);
  });
});

describe('patch conditions', () => {
  it.each([
    'from c where NOT IS_DEFINED(c.none)',
    "from x where x.s != 'selected'",
    'from c where ARRAY_CONTAINS(c.list, 2)',
  ])('%s holds', async (condition) => {
    expect((await when(condition)).statusCode).toBe(200);
  });

  it.each(['from c where c.none = 1', "from c where c.n = '5'"])('%s does not hold', async (condition) => {
    expect(await refusedWith(when(condition))).toBe(412);
  });

  it('are refused when they are none', async () => {
    expect(await refusedWith(when('c.n = 5'))).toBe(400);
    expect(await refusedWith(when('from c where'))).toBe(400);
  });
});
