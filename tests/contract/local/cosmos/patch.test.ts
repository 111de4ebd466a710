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
    ['set a new property', [{ op: 'set', path: '/new', value: 1 }], { new: 1 }],
    ['set a nested property', [{ op: 'set', path: '/o/y', value: 2 }], { o: { x: 1, y: 2 } }],
    ['set replaces an array element', [{ op: 'set', path: '/list/0', value: 9 }], { list: [9, 2, 3] }],
    ['add at the end of an array', [{ op: 'add', path: '/list/-', value: 9 }], { list: [1, 2, 3, 9] }],
    ['add inserts at an index', [{ op: 'add', path: '/list/0', value: 9 }], { list: [9, 1, 2, 3] }],
    ['add replaces a property', [{ op: 'add', path: '/n', value: 9 }], { n: 9 }],
    ['replace a property', [{ op: 'replace', path: '/n', value: 9 }], { n: 9 }],
    ['remove a property', [{ op: 'remove', path: '/o/x' }], { o: {} }],
    ['remove an array element', [{ op: 'remove', path: '/list/1' }], { list: [1, 3] }],
    ['incr', [{ op: 'incr', path: '/n', value: 3 }], { n: 8 }],
    ['incr by a fraction', [{ op: 'incr', path: '/n', value: -1.5 }], { n: 3.5 }],
    ['incr a missing property', [{ op: 'incr', path: '/count', value: 2 }], { count: 2 }],
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

  it('move', async () => {
    const { resource } = await patch([{ op: 'move', from: '/s', path: '/t' } as unknown as PatchOperation]);
    expect(resource).toMatchObject({ t: 'Hello' });
    expect(resource).not.toHaveProperty('s');
  });

  const refused: [string, unknown[]][] = [
    ['set below a missing parent', [{ op: 'set', path: '/none/x', value: 1 }]],
    ['replace a missing property', [{ op: 'replace', path: '/none', value: 1 }]],
    ['remove a missing property', [{ op: 'remove', path: '/none' }]],
    ['incr a string', [{ op: 'incr', path: '/s', value: 1 }]],
    ['incr by a string', [{ op: 'incr', path: '/n', value: '1' }]],
    ['move from nowhere', [{ op: 'move', from: '/none', path: '/t' }]],
    ['add beyond the end of an array', [{ op: 'add', path: '/list/9', value: 1 }]],
    ['the id', [{ op: 'set', path: '/id', value: 'b' }]],
    ['the partition key', [{ op: 'set', path: '/pk', value: 'q' }]],
    ['a system property', [{ op: 'set', path: '/_ts', value: 1 }]],
    ['an unknown operation', [{ op: 'multiply', path: '/n', value: 2 }]],
    ['a path without a slash', [{ op: 'set', path: 'n', value: 2 }]],
    ['no operations', []],
    ['more than ten', Array.from({ length: 11 }, (_, n) => ({ op: 'set', path: `/x${n}`, value: n }))],
    [
      'one bad among good',
      [
        { op: 'set', path: '/good', value: 1 },
        { op: 'remove', path: '/none' },
      ],
    ],
  ];
  it.each(refused)('refuse %s and change nothing', async (_, operations) => {
    const before = await items.item('a', 'p').read();
    expect(await refusedWith(patch(operations as PatchOperation[]))).toBe(400);
    expect((await items.item('a', 'p').read()).resource).toEqual(before.resource);
  });

  it('refuse an absent item', async () => {
    expect(await refusedWith(items.item('none', 'p').patch([{ op: 'set', path: '/x', value: 1 }]))).toBe(404);
  });
});

describe('patch conditions', () => {
  it.each([
    'from c where c.n = 5',
    'FROM c WHERE c.n > 4 AND c.n < 6',
    "from c where c.Status = 'Active'",
    "from c where c.s = 'Hello'",
    "from c where c.leaseOwner = 'w1'",
    "from c where c.leaseOwner != 'w2'",
    'from c where NOT IS_DEFINED(c.none)',
    "from x where x.s != 'selected'",
    'from c where ARRAY_CONTAINS(c.list, 2)',
  ])('%s holds', async (condition) => {
    expect((await when(condition)).statusCode).toBe(200);
  });

  it.each([
    'from c where c.n = 6',
    "from c where c.s = 'hello'",
    "from c where c.status = 'Active'",
    'from c where NOT IS_DEFINED(c.leaseOwner)',
    'from c where c.none = 1',
    "from c where c.n = '5'",
  ])('%s does not hold', async (condition) => {
    expect(await refusedWith(when(condition))).toBe(412);
  });

  it('see this item only', async () => {
    await items.items.upsert({ id: 'a', pk: 'q', n: 77 });
    expect(await refusedWith(when('from c where c.n = 77'))).toBe(412);
  });

  it('are refused when they are none', async () => {
    expect(await refusedWith(when('c.n = 5'))).toBe(400);
    expect(await refusedWith(when('from c where'))).toBe(400);
  });

  it('let exactly one of twenty racing writers win', async () => {
    const body = {
      operations: [{ op: 'incr', path: '/n', value: 1 }] as PatchOperation[],
      condition: 'from c where c.n = 5',
    };
    const codes = await Promise.all(
      Array.from({ length: 20 }, () =>
        patch(body).then(
          () => 200,
          (error: { code: number }) => error.code,
        ),
      ),
    );
    expect(codes.filter((code) => code === 200)).toHaveLength(1);
    expect((await items.item('a', 'p').read()).resource).toMatchObject({ n: 6 });
  });
});
