import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, refusedWith, startAccount } from './account.ts';

let account: Account;
let items: Container;
let stale: string;
let current: string;

const ifMatch = (condition: string) => ({ accessCondition: { type: 'IfMatch', condition } });
const ifNoneMatch = (condition: string) => ({ accessCondition: { type: 'IfNoneMatch', condition } });

beforeAll(async () => {
  account = await startAccount();
});
beforeEach(async () => {
  items = await account.container();
  const { resource: first } = await items.items.create({ id: 'a', pk: 'p', n: 1 });
  const { resource: second } = await items.item('a', 'p').replace({ id: 'a', pk: 'p', n: 2 });
  stale = String(first?._etag);
  current = String(second?._etag);
});
afterAll(() => account.close());

describe('conditions', () => {
  it('refuse every stale write with 412 and change nothing', async () => {
    const item = items.item('a', 'p');
    expect(await refusedWith(item.replace({ id: 'a', pk: 'p', n: 9 }, ifMatch(stale)))).toBe(412);
    expect(await refusedWith(items.items.upsert({ id: 'a', pk: 'p', n: 9 }, ifMatch(stale)))).toBe(412);
    expect(await refusedWith(item.patch([{ op: 'set', path: '/n', value: 9 }], ifMatch(stale)))).toBe(412);
    expect(await refusedWith(item.delete(ifMatch(stale)))).toBe(412);
    expect((await item.read()).resource).toMatchObject({ n: 2, _etag: current });
  });

  it('let a current write through', async () => {
    const { resource } = await items.item('a', 'p').replace({ id: 'a', pk: 'p', n: 3 }, ifMatch(current));
    expect(resource).toMatchObject({ n: 3 });
    expect((await items.item('a', 'p').replace({ id: 'a', pk: 'p', n: 4 }, ifMatch('*'))).statusCode).toBe(200);
  });

  it('are ignored when an upsert inserts', async () => {
    expect((await items.items.upsert({ id: 'new', pk: 'p' }, ifMatch(stale))).statusCode).toBe(201);
  });

  it('answer 304 to a read that has the current version', async () => {
    const item = items.item('a', 'p');
    const unchanged = await item.read(ifNoneMatch(current));
    expect([unchanged.statusCode, unchanged.resource ?? undefined]).toEqual([304, undefined]);
    expect((await item.read(ifNoneMatch(stale))).statusCode).toBe(200);
  });

  it('refuse If-None-Match * where something is', async () => {
    expect(await refusedWith(items.items.create({ id: 'a', pk: 'p' }, ifNoneMatch('*')))).toBe(409);
    expect(await refusedWith(items.items.upsert({ id: 'a', pk: 'p' }, ifNoneMatch('*')))).toBe(412);
  });

  it('let exactly one of twenty racing writers win', async () => {
    const attempts = Array.from({ length: 20 }, (_, writer) =>
      items
        .item('a', 'p')
        .replace({ id: 'a', pk: 'p', writer }, ifMatch(current))
        .then(
          () => 200,
          (error: { code: number }) => error.code,
        ),
    );
    const codes = await Promise.all(attempts);
    expect(codes.filter((code) => code === 200)).toHaveLength(1);
    expect(codes.filter((code) => code === 412)).toHaveLength(19);
  });
});
