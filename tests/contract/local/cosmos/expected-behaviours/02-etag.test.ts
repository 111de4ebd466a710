import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { type Account, refusedWith, startAccount } from '../account.ts';
import { oneWins, raceReplaces } from '../races.ts';
import { testBehaviours } from './behaviours.ts';

let account: Account;
let container: Container;
let stale: string;
let current: string;

const ifMatch = (condition: string) => ({ accessCondition: { type: 'IfMatch', condition } });
const ifNoneMatch = (condition: string) => ({ accessCondition: { type: 'IfNoneMatch', condition } });
const item = () => container.item('a', 'p');
const body = (n: number) => ({ id: 'a', pk: 'p', n });
const setNine = { op: 'set', path: '/n', value: 9 } as const;

beforeAll(async () => {
  account = await startAccount();
});
beforeEach(async () => {
  container = await account.container();
  stale = String((await container.items.create(body(1))).resource?._etag);
  current = String((await item().replace(body(2))).resource?._etag);
});
afterAll(() => account.close());

testBehaviours('02-etag', {
  'replace with a stale If-Match': async () => {
    expect(await refusedWith(item().replace(body(9), ifMatch(stale)))).toBe(412);
  },
  'replace with the current If-Match': async () => {
    expect(await item().replace(body(3), ifMatch(current))).toMatchObject({ statusCode: 200, resource: { n: 3 } });
  },
  'upsert with a stale If-Match': async () => {
    expect(await refusedWith(container.items.upsert(body(9), ifMatch(stale)))).toBe(412);
  },
  'upsert of what is absent with an If-Match': async () => {
    expect((await container.items.upsert({ id: 'new', pk: 'p' }, ifMatch(stale))).statusCode).toBe(201);
  },
  'patch with a stale If-Match': async () => {
    expect(await refusedWith(item().patch([setNine], ifMatch(stale)))).toBe(412);
  },
  'delete with a stale If-Match': async () => {
    expect(await refusedWith(item().delete(ifMatch(stale)))).toBe(412);
  },
  'what was refused has changed nothing': async () => {
    await Promise.allSettled([
      item().replace(body(9), ifMatch(stale)),
      container.items.upsert(body(9), ifMatch(stale)),
      item().patch([setNine], ifMatch(stale)),
      item().delete(ifMatch(stale)),
    ]);
    expect((await item().read()).resource).toMatchObject({ n: 2, _etag: current });
  },
  'replace with If-Match *': async () => {
    expect((await item().replace(body(4), ifMatch('*'))).statusCode).toBe(200);
  },
  'read with the current If-None-Match': async () => {
    const { statusCode, resource } = await item().read(ifNoneMatch(current));
    expect([statusCode, resource ?? undefined]).toEqual([304, undefined]);
  },
  'read with a stale If-None-Match': async () => {
    expect(await item().read(ifNoneMatch(stale))).toMatchObject({ statusCode: 200, resource: { n: 2 } });
  },
  'create with If-None-Match * of what is there': async () => {
    expect(await refusedWith(container.items.create(body(9), ifNoneMatch('*')))).toBe(409);
  },
  'upsert with If-None-Match * of what is there': async () => {
    expect(await refusedWith(container.items.upsert(body(9), ifNoneMatch('*')))).toBe(412);
    expect((await container.items.upsert({ id: 'new', pk: 'p' }, ifNoneMatch('*'))).statusCode).toBe(201);
  },
  'the etag header is that of the body': async () => {
    for (const { headers, resource } of [await item().read(), await item().replace(body(5))])
      expect(headers['etag']).toBe(resource?._etag);
  },
  'twenty replaces of one version': async () => {
    expect(await raceReplaces([container], 'a', 'p', current)).toEqual(oneWins(200, 412));
  },
});
