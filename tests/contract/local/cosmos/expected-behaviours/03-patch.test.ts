import type { Container, PatchOperation, PatchRequestBody } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { type Account, refusedWith, startAccount } from '../account.ts';
import { oneWins, racePatches } from '../races.ts';
import { testBehaviours } from './behaviours.ts';

let account: Account;
let container: Container;

const original = {
  id: 'a',
  pk: 'p',
  n: 5,
  s: 'Hello',
  word: 'selected',
  leaseOwner: 'w1',
  Status: 'Active',
  list: [1, 2, 3],
  o: { x: 1 },
};

beforeAll(async () => {
  account = await startAccount();
  container = await account.container();
});
beforeEach(async () => {
  await container.items.upsert(original);
});
afterAll(() => account.close());

const patch = (body: PatchRequestBody) => container.item('a', 'p').patch(body);

/** The document after operations that are accepted, without the service's properties. */
async function patched(...operations: unknown[]): Promise<Record<string, unknown>> {
  const { statusCode, resource } = await patch(operations as PatchOperation[]);
  expect(statusCode).toBe(200);
  expect((await container.item('a', 'p').read()).resource).toEqual(resource);
  return Object.fromEntries(Object.entries(resource ?? {}).filter(([name]) => !name.startsWith('_')));
}

/** Operations are refused with 400, and the document stays as it was. */
async function refuses(...operations: unknown[]): Promise<void> {
  expect(await refusedWith(patch(operations as PatchOperation[]))).toBe(400);
  expect((await container.item('a', 'p').read()).resource).toMatchObject(original);
}

const when = (condition: string) => patch({ operations: [{ op: 'set', path: '/done', value: true }], condition });
async function holds(condition: string): Promise<void> {
  expect(await when(condition)).toMatchObject({ statusCode: 200, resource: { done: true } });
}
async function holdsNot(condition: string): Promise<void> {
  expect(await refusedWith(when(condition))).toBe(412);
  expect((await container.item('a', 'p').read()).resource).not.toHaveProperty('done');
}

testBehaviours('03-patch', {
  'set a new property': async () => {
    expect(await patched({ op: 'set', path: '/new', value: 1 })).toEqual({ ...original, new: 1 });
  },
  'set below a parent that is missing': () => refuses({ op: 'set', path: '/none/x', value: 1 }),
  'add at the end of an array': async () => {
    expect(await patched({ op: 'add', path: '/list/-', value: 9 })).toMatchObject({ list: [1, 2, 3, 9] });
  },
  'add at index 0 of an array': async () => {
    expect(await patched({ op: 'add', path: '/list/0', value: 9 })).toMatchObject({ list: [9, 1, 2, 3] });
  },
  'add a property that is there': async () => {
    expect(await patched({ op: 'add', path: '/n', value: 9 })).toEqual({ ...original, n: 9 });
  },
  'replace a property': async () => {
    expect(await patched({ op: 'replace', path: '/n', value: 9 })).toEqual({ ...original, n: 9 });
  },
  'replace a missing property': () => refuses({ op: 'replace', path: '/none', value: 1 }),
  'remove a property': async () => {
    const { s: _, ...without } = original;
    expect(await patched({ op: 'remove', path: '/s' })).toEqual(without);
  },
  'remove a missing property': () => refuses({ op: 'remove', path: '/none' }),
  incr: async () => {
    expect(await patched({ op: 'incr', path: '/n', value: 3 })).toMatchObject({ n: 8 });
  },
  'incr a missing property': async () => {
    expect(await patched({ op: 'incr', path: '/count', value: 2 })).toMatchObject({ count: 2 });
  },
  'incr by a negative fraction': async () => {
    expect(await patched({ op: 'incr', path: '/n', value: -1.5 })).toMatchObject({ n: 3.5 });
  },
  'incr a string': () => refuses({ op: 'incr', path: '/s', value: 1 }),
  move: async () => {
    const { s, ...others } = original;
    expect(await patched({ op: 'move', from: '/s', path: '/t' })).toEqual({ ...others, t: s });
  },
  'move from a missing property': () => refuses({ op: 'move', from: '/none', path: '/t' }),
  'several operations are atomic': () =>
    refuses({ op: 'set', path: '/good', value: 1 }, { op: 'remove', path: '/none' }),
  'more than ten operations': async () => {
    const operations = Array.from({ length: 11 }, (_, n) => ({ op: 'set', path: `/x${n}`, value: n }));
    await refuses(...operations);
    expect(await patched(...operations.slice(1))).toMatchObject({ x10: 10 });
  },
  'the id': () => refuses({ op: 'set', path: '/id', value: 'b' }),
  'the partition key': () => refuses({ op: 'set', path: '/pk', value: 'q' }),
  'an absent document': async () => {
    expect(await refusedWith(container.item('none', 'p').patch([{ op: 'set', path: '/x', value: 1 }]))).toBe(404);
  },
  'a condition that holds': () => holds('from c where c.n = 5'),
  'a condition that does not hold': () => holdsNot('from c where c.n = 6'),
  'a condition on a property in capitals': async () => {
    await holdsNot("from c where c.status = 'Active'");
    await holds("from c where c.Status = 'Active'");
  },
  'a condition with a literal in capitals': async () => {
    await holdsNot("from c where c.s = 'hello'");
    await holds("from c where c.s = 'Hello'");
  },
  'a condition on a property in camel case': () => holds("from c where c.leaseOwner = 'w1'"),
  'a condition that excludes a value of a property in camel case': () => holds("from c where c.leaseOwner != 'w2'"),
  'a condition that a property in camel case is not defined': () =>
    holdsNot('from c where NOT IS_DEFINED(c.leaseOwner)'),
  'a condition with keywords in capitals': () => holds('FROM c WHERE c.n > 4 AND c.n < 6'),
  'a condition with a keyword in a literal': () => holds("from c where c.word = 'selected'"),
  'a condition sees this document alone': async () => {
    await container.items.upsert({ id: 'a', pk: 'q', n: 77 });
    await holdsNot('from c where c.n = 77');
  },
  'twenty conditional patches': async () => {
    await container.items.upsert({ id: 'b', pk: 'p', n: 0 });
    expect(await racePatches([container], 'b', 'p')).toEqual(oneWins(200, 412));
    expect((await container.item('b', 'p').read()).resource).toMatchObject({ n: 1 });
  },
});
