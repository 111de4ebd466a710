import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { createCommitQueue } from '../../../../local/durable/store/commit-queue.ts';

let sqlite: DatabaseSync;

beforeEach(() => {
  sqlite = new DatabaseSync(':memory:');
  sqlite.exec('CREATE TABLE numbers (value INTEGER PRIMARY KEY)');
});

const insert = (value: number) => () => sqlite.prepare('INSERT INTO numbers VALUES (?)').run(value);
const values = () =>
  sqlite
    .prepare('SELECT value FROM numbers ORDER BY value')
    .all()
    .map((row) => row['value']);

test('changes of one turn are one transaction', async () => {
  const { commit } = createCommitQueue(sqlite);
  const transactions = new Set<unknown>();
  const isIn = () => transactions.add(sqlite.isTransaction);
  await Promise.all([
    commit(() => {
      insert(1)();
      isIn();
    }),
    commit(() => {
      expect(values()).toEqual([1]);
      insert(2)();
    }),
  ]);
  expect([...transactions]).toEqual([true]);
  expect(values()).toEqual([1, 2]);
});

test('one that fails takes nothing back of the others and leaves nothing of its own', async () => {
  const { commit } = createCommitQueue(sqlite);
  const results = await Promise.allSettled([
    commit(insert(1)),
    commit(() => {
      insert(2)();
      throw new Error('on purpose');
    }),
    commit(insert(3)),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(values()).toEqual([1, 3]);
});

test('what waits is committed before the end', () => {
  const { commit, flush } = createCommitQueue(sqlite);
  const done = commit(insert(1));
  flush();
  expect(values()).toEqual([1]);
  return done;
});
