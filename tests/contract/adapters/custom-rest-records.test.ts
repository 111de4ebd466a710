import { afterAll, beforeAll, expect, test } from 'vitest';
import { customRest } from '../../../adapters/custom-rest/adapter.ts';
import { customRestSettings } from '../../../adapters/custom-rest/settings.ts';
import { createOpenCall } from '../../../adapters/kit/open-call.ts';
import type { PullPage, PullRequest } from '../../../shared/core/adapter.ts';
import { type FixtureServer, startFixtureServer } from './fixture-server.ts';

let server: FixtureServer;
const openCall = createOpenCall({ allowPrivateAddresses: true, timeoutMs: 5_000 });
beforeAll(async () => {
  server = await startFixtureServer();
});
afterAll(async () => {
  await openCall.close();
  await server.close();
});

async function pullOnce(
  object: Record<string, unknown>,
  request: Partial<PullRequest> = {},
  settings: Record<string, unknown> = {},
): Promise<PullPage> {
  const call = openCall({
    adapter: customRest,
    settings: customRestSettings.parse({
      baseUrl: server.origin,
      auth: { kind: 'none' },
      testPath: 'me',
      objects: { items: { path: 'items', idField: 'id', paging: { kind: 'none' }, ...object } },
      ...settings,
    }),
    credential: { kind: 'none' },
  });
  if (customRest.pull === undefined) throw new Error('custom-rest must pull');
  return await customRest.pull(call, { object: 'items', pageSize: 50, ...request });
}

test('records come with their time, their deletion and the provider’s clock', async () => {
  server.answerWith(() => ({
    headers: { date: 'Tue, 15 Nov 1994 08:12:31 GMT' },
    json: [
      { id: 'a', meta: { at: '2024-02-29T12:00:00+01:00' }, state: 'archived', tags: ['x', null] },
      { id: 2, meta: { at: 'yesterday' }, state: 'live' },
    ],
  }));
  const page = await pullOnce({ modifiedField: 'meta.at', deleted: { field: 'state', equals: 'archived' } });
  expect(page).toEqual({
    changes: [
      {
        externalId: 'a',
        deleted: true,
        record: { id: 'a', meta: { at: '2024-02-29T12:00:00+01:00' }, state: 'archived', tags: ['x', null] },
        version: Date.UTC(2024, 1, 29, 11),
        modifiedAt: '2024-02-29T11:00:00.000Z',
      },
      { externalId: '2', deleted: false, record: { id: 2, meta: { at: 'yesterday' }, state: 'live' } },
    ],
    rejected: [],
    done: true,
    observedAt: '1994-11-15T08:12:31.000Z',
  });
});

test('one bad record does not take the others with it', async () => {
  const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
  server.answerWith(() => ({
    headers: { 'content-type': 'application/json' },
    body: `\uFEFF[null,{"id":1,"__proto__":{"admin":true}},{"name":"no id"},[],{"id":9007199254740993},{"id":"deep","x":${deep}},{"id":2}]`,
  }));
  const page = await pullOnce({});
  expect(page.changes.map(({ record }) => record)).toEqual([{ id: 1 }, { id: 2 }]);
  expect(page.changes.every(({ record }) => !Object.hasOwn(record, '__proto__'))).toBe(true);
  expect(page.rejected).toEqual([
    { reason: 'Item 1 of the page is null, not an object.' },
    { reason: 'Item 3 of the page has no id at "id".' },
    { reason: 'Item 4 of the page is an array, not an object.' },
    { reason: 'Item 5 of the page has an id that is not a whole number of at most 2^53 (send it as text) at "id".' },
    { externalId: 'deep', reason: 'The record is nested deeper than 100 levels.' },
  ]);
});

test.each([
  ['iso', '2024-06-15T08:00:00.999Z'],
  ['epoch-seconds', '1718438400'],
  ['epoch-milliseconds', '1718438400999'],
])('since is sent as %s, with the static query and headers, on first and later pages', async (format, expected) => {
  server.answerWith(() => ({ json: { items: [{ id: 1 }], next: 'more' } }));
  const object = {
    itemsPath: 'items',
    query: { archived: 'false', fields: 'id,name' },
    modifiedField: 'at',
    incremental: { param: 'since', format },
    paging: { kind: 'cursor', cursorParam: 'after', cursorPath: 'next', sizeParam: 'limit' },
  };
  const settings = { headers: { 'X-Version': '2024-01' } };
  const since = '2024-06-15T10:00:00.999+02:00';
  const first = await pullOnce(object, { since }, settings);
  server.requests[0]?.url.searchParams.sort();
  expect(Object.fromEntries(server.requests[0]?.url.searchParams ?? [])).toEqual({
    archived: 'false',
    fields: 'id,name',
    limit: '50',
    since: expected,
  });
  expect(server.requests[0]?.headers['x-version']).toBe('2024-01');
  server.answerWith(() => ({ json: { items: [] } }));
  await pullOnce(object, { since, cursor: first.next }, settings);
  expect(server.requests[0]?.url.searchParams.get('since')).toBe(expected);
  expect(server.requests[0]?.url.searchParams.get('after')).toBe('more');
});

test('since is not sent where the object is not read incrementally', async () => {
  server.answerWith(() => ({ json: [] }));
  await pullOnce({}, { since: '2024-06-15T08:00:00Z' });
  expect(server.requests[0]?.url.search).toBe('');
});

test('the connection test takes 204, but not a page for people', async () => {
  const settings = customRestSettings.parse({
    baseUrl: server.origin,
    auth: { kind: 'none' },
    testPath: 'me?fields=id',
    objects: { items: { path: 'items', idField: 'id', paging: { kind: 'none' } } },
  });
  const call = openCall({ adapter: customRest, settings, credential: { kind: 'none' } });
  server.answerWith(() => ({ status: 204 }));
  await customRest.check(call);
  expect(server.requests[0]?.url.search).toBe('?fields=id');
  server.answerWith(() => ({ headers: { 'content-type': 'text/html' }, body: '<h1>Welcome</h1>' }));
  await expect(customRest.check(call)).rejects.toMatchObject({ kind: 'unexpected-response' });
});
