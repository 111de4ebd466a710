import type { Container } from '@azure/cosmos';
import { expect, test } from 'vitest';
import { OperationsTogether } from '../../../../shared/azure/operations-together.ts';
import type { KeyedOperation } from '../../../../shared/azure/spare-hashing.ts';

const budget = { attempts: 2, baseMs: 1, maxMs: 1, random: () => 0 };

const createOf = (id: string): KeyedOperation => ({
  operationType: 'Create',
  resourceBody: { id },
  partitionKey: ['t', id],
});

interface Sent {
  readonly ids: readonly string[];
  readonly answer: () => void;
  readonly fail: (error: Error) => void;
}

/** A container that answers when it is told to; an id that ends in `!` is there already. */
function openContainer() {
  const sent: Sent[] = [];
  const bulk = (operations: readonly { readonly resourceBody: { readonly id: string } }[]) =>
    new Promise((resolve, reject) => {
      const ids = operations.map(({ resourceBody }) => resourceBody.id);
      const answers = ids.map((id) => ({ statusCode: id.endsWith('!') ? 409 : 201, eTag: `"${id}"` }));
      sent.push({ ids, answer: () => resolve(answers), fail: reject });
    });
  return { sent, open: async () => ({ items: { bulk } }) as unknown as Container };
}

/** Lets everything happen that waits for nothing outside. */
const settle = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('what is asked in one turn travels as one request, and each caller gets its own answer', async () => {
  const { sent, open } = openContainer();
  const together = new OperationsTogether(open, budget);
  const outcomes = ['a', 'b!', 'c'].map((id) => together.run(createOf(id)));
  await settle();
  expect(sent.map(({ ids }) => ids)).toEqual([['a', 'b!', 'c']]);
  sent[0]?.answer();
  expect((await Promise.all(outcomes)).map(({ status, etag }) => [status, etag])).toEqual([
    [201, '"a"'],
    [409, '"b!"'],
    [201, '"c"'],
  ]);
});

test('without a limit the next turn does not wait for the last one', async () => {
  const { sent, open } = openContainer();
  const together = new OperationsTogether(open, budget);
  for (const id of ['a', 'b']) {
    void together.run(createOf(id));
    await settle();
  }
  expect(sent.map(({ ids }) => ids)).toEqual([['a'], ['b']]);
});

test('with a limit, what comes while as many are under way travels with the next', async () => {
  const { sent, open } = openContainer();
  const together = new OperationsTogether(open, budget, { requestsInFlight: 2 });
  const outcomes: Promise<unknown>[] = [];
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    outcomes.push(together.run(createOf(id)));
    await settle();
  }
  expect(sent.map(({ ids }) => ids)).toEqual([['a'], ['b']]);
  sent[1]?.answer();
  await settle();
  expect(sent.map(({ ids }) => ids)).toEqual([['a'], ['b'], ['c', 'd', 'e']]);
  sent[0]?.answer();
  sent[2]?.answer();
  expect(await Promise.all(outcomes)).toHaveLength(5);
});

test('a request that fails fails its own operations only, and the others go on', async () => {
  const { sent, open } = openContainer();
  const together = new OperationsTogether(open, budget, { requestsInFlight: 1 });
  const first = together.run(createOf('a'));
  first.catch(() => undefined);
  await settle();
  const second = together.run(createOf('b'));
  await settle();
  expect(sent).toHaveLength(1);
  sent[0]?.fail(new TypeError('a bug'));
  await expect(first).rejects.toThrow('a bug');
  await settle();
  expect(sent.map(({ ids }) => ids)).toEqual([['a'], ['b']]);
  sent[1]?.answer();
  expect((await second).status).toBe(201);
});
