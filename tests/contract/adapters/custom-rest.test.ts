import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createOpenCall } from '../../../adapters/kit/open-call.ts';
import { findAdapter } from '../../../adapters/registry.ts';
import type { AdapterCall, Credential, PullPage, PullRequest } from '../../../shared/core/adapter.ts';
import { caughtFailure } from './caught-failure.ts';
import { type FixtureServer, type Handler, startFixtureServer } from './fixture-server.ts';

const adapter = findAdapter('custom-rest');
if (adapter?.pull === undefined) throw new Error('custom-rest must pull');
const { pull } = adapter;

let server: FixtureServer;
const openCall = createOpenCall({ allowPrivateAddresses: true, timeoutMs: 5_000 });
beforeAll(async () => {
  server = await startFixtureServer();
});
afterEach(async () => {
  await openCall.close();
});
afterAll(async () => {
  await server.close();
});

interface Given {
  readonly object: Record<string, unknown>;
  readonly settings?: Record<string, unknown>;
  readonly credential?: Credential;
  readonly handler: Handler;
}

function open({ object, settings = {}, credential = { kind: 'none' }, handler }: Given): AdapterCall {
  server.answerWith(handler);
  return openCall({
    adapter: adapter ?? fail(),
    settings: {
      baseUrl: `${server.origin}/v1`,
      auth: { kind: 'none' },
      testPath: '/me',
      objects: { items: { path: '/items', idField: 'id', ...object } },
      ...settings,
    },
    credential,
  });
}

function fail(): never {
  throw new Error('custom-rest is not in the registry');
}

async function readAll(call: AdapterCall, request: Partial<PullRequest> = {}): Promise<PullPage[]> {
  const pages: PullPage[] = [];
  let cursor: string | undefined;
  while (pages.length < 50) {
    const page = await pull(call, { object: 'items', pageSize: 3, ...request, cursor });
    pages.push(page);
    if (page.done) return pages;
    cursor = page.next;
  }
  throw new Error('the read does not end');
}

const idsOf = (pages: readonly PullPage[]): string[] => pages.flatMap((page) => page.changes.map((c) => c.externalId));
const rows = Array.from({ length: 7 }, (_, index) => ({ id: index + 1 }));
const all = ['1', '2', '3', '4', '5', '6', '7'];

/** Serves rows by offset; never more than `cap` at a time, whatever is asked for. */
const byOffset =
  (cap: number): Handler =>
  ({ url }) => {
    const start = Number(url.searchParams.get('offset'));
    const size = Math.min(Number(url.searchParams.get('limit')), cap);
    return { json: { items: rows.slice(start, start + size), total: rows.length } };
  };

const byPage =
  (cap: number, first = 1): Handler =>
  ({ url }) => {
    const size = Math.min(Number(url.searchParams.get('size') ?? cap), cap);
    const start = (Number(url.searchParams.get('page')) - first) * size;
    return { json: { items: rows.slice(start, start + size), total: String(rows.length) } };
  };

const page = { kind: 'page', pageParam: 'page', sizeParam: 'size' };
const offset = { kind: 'offset', offsetParam: 'offset', limitParam: 'limit' };
const cursor = { kind: 'cursor', cursorParam: 'after', cursorPath: 'next' };
const nextUrl = { kind: 'next-url', urlPath: '@odata.nextLink', sizeParam: '$top' };

describe('every way of paging reads every record once', () => {
  const byNext =
    (answer: (items: unknown[], next: string | undefined, origin: string) => ReturnType<Handler>): Handler =>
    ({ url }) => {
      const start = Number(url.searchParams.get('skip') ?? 0);
      const next = start + 3 < rows.length ? `/v1/items?$top=3&skip=${start + 3}` : undefined;
      return answer(rows.slice(start, start + 3), next, url.origin);
    };

  test.each<[string, Record<string, unknown>, Handler, number]>([
    ['none', { paging: { kind: 'none' } }, () => ({ json: rows }), 1],
    ['page', { itemsPath: 'items', paging: page }, byPage(100), 4],
    ['page from 0', { itemsPath: 'items', paging: { ...page, firstPage: 0 } }, byPage(100, 0), 4],
    ['page without a size', { itemsPath: 'items', paging: { kind: 'page', pageParam: 'page' } }, byPage(2), 5],
    ['page on a server with a lower cap', { itemsPath: 'items', paging: page }, byPage(2), 5],
    ['page with a total', { itemsPath: 'items', paging: { ...page, totalPath: 'total' } }, byPage(100), 3],
    ['offset', { itemsPath: 'items', paging: offset }, byOffset(100), 4],
    ['offset on a server with a lower cap', { itemsPath: 'items', paging: offset }, byOffset(2), 7],
    ['offset with a total', { itemsPath: 'items', paging: { ...offset, totalPath: 'total' } }, byOffset(2), 6],
    ['offset on a server that gives one at a time', { itemsPath: 'items', paging: offset }, byOffset(1), 8],
    ['offset where one may be asked for', { itemsPath: 'items', paging: offset, maxPageSize: 1 }, byOffset(100), 8],
    ['offset on a stable list', { itemsPath: 'items', paging: { ...offset, stable: true } }, byOffset(2), 5],
    ['page on a stable list', { itemsPath: 'items', paging: { ...page, stable: true } }, byPage(100), 4],
    [
      'cursor',
      { itemsPath: 'items', paging: cursor },
      ({ url }) => {
        const start = Number(url.searchParams.get('after') ?? 0);
        return { json: { items: rows.slice(start, start + 3), next: start + 3 < rows.length ? start + 3 : null } };
      },
      3,
    ],
    [
      'cursor with an empty page in the middle',
      { itemsPath: 'items', paging: cursor },
      ({ url }) => {
        const at = url.searchParams.get('after') ?? 'start';
        if (at === 'start') return { json: { items: rows.slice(0, 3), next: 'hollow' } };
        return at === 'hollow' ? { json: { items: [], next: 'rest' } } : { json: { items: rows.slice(3) } };
      },
      3,
    ],
    [
      'Link header',
      { paging: { kind: 'link-header' } },
      byNext((items, next) => ({
        json: items,
        headers: {
          link: next === undefined ? '</v1/items>; rel="first"' : `</v1/items>; rel=first, <${next}>; rel="next"`,
        },
      })),
      3,
    ],
    [
      'next URL, absolute',
      { itemsPath: 'value', paging: nextUrl },
      byNext((items, next, origin) => ({
        json: { value: items, ...(next === undefined ? {} : { '@odata.nextLink': `${origin}${next}` }) },
      })),
      3,
    ],
    [
      'next URL, relative',
      { itemsPath: 'value', paging: nextUrl },
      byNext((value, next) => ({ json: { value, '@odata.nextLink': next ?? '' } })),
      3,
    ],
  ])('%s', async (_name, object, handler, pageCount) => {
    const pages = await readAll(open({ object, handler }));
    expect(idsOf(pages)).toEqual(all);
    expect(pages).toHaveLength(pageCount);
  });

  test('nothing to read is one finished, empty page', async () => {
    for (const paging of [page, offset, cursor, nextUrl]) {
      const pages = await readAll(
        open({ object: { itemsPath: 'items', paging }, handler: () => ({ json: { items: [] } }) }),
      );
      expect(pages).toMatchObject([{ changes: [], rejected: [], done: true }]);
    }
  });

  test('the size of the first page holds to the end, since another one would shift the pages', async () => {
    const call = open({ object: { itemsPath: 'items', paging: page }, handler: byPage(100) });
    const first = await pull(call, { object: 'items', pageSize: 3 });
    const second = await pull(call, { object: 'items', pageSize: 2, cursor: first.next });
    const third = await pull(call, { object: 'items', pageSize: 2, cursor: second.next });
    expect(idsOf([first, second, third])).toEqual(all);
  });

  test('never more is asked for than the object allows', async () => {
    const call = open({ object: { itemsPath: 'items', paging: offset, maxPageSize: 4 }, handler: byOffset(100) });
    expect(idsOf([await pull(call, { object: 'items', pageSize: 1000 })])).toHaveLength(4);
  });
});

describe('paging that does not advance is refused', () => {
  test.each<[string, Record<string, unknown>, Handler]>([
    [
      'a page parameter that the server ignores',
      { itemsPath: 'items', paging: page },
      () => ({ json: { items: rows } }),
    ],
    ['an offset that the server ignores', { itemsPath: 'items', paging: offset }, () => ({ json: { items: rows } })],
    ['the same cursor again', { itemsPath: 'items', paging: cursor }, () => ({ json: { items: rows, next: 'same' } })],
    [
      'cursors in a ring',
      { itemsPath: 'items', paging: cursor },
      ({ url }) => ({ json: { items: rows, next: String((Number(url.searchParams.get('after') ?? 0) + 1) % 5) } }),
    ],
    [
      'a link to itself',
      { itemsPath: 'value', paging: nextUrl },
      ({ url }) => ({ json: { value: rows, '@odata.nextLink': url.href } }),
    ],
  ])('%s', async (_name, object, handler) => {
    const failure = await caughtFailure(readAll(open({ object, handler })));
    expect(failure.kind).toBe('unexpected-response');
    expect(failure.message).toContain('Paging does not advance');
  });
});

describe('answers that are not a page are never an empty page', () => {
  test.each<[string, unknown]>([
    ['no items path', { data: [] }],
    ['null at the items path', { items: null }],
    ['an object at the items path', { items: {} }],
    ['an array for an object', []],
    ['an error with status 200', { error: 'quota' }],
    ['null', null],
  ])('%s', async (_name, json) => {
    const failure = await caughtFailure(
      readAll(open({ object: { itemsPath: 'items', paging: page }, handler: () => ({ json }) })),
    );
    expect(failure).toMatchObject({ kind: 'unexpected-response', message: expect.stringContaining('"items"') });
  });

  test('a total that is missing, and a cursor that is no text', async () => {
    const withTotal = open({
      object: { itemsPath: 'items', paging: { ...page, totalPath: 'all' } },
      handler: byPage(3),
    });
    expect((await caughtFailure(readAll(withTotal))).message).toContain('"all"');
    const strange = open({
      object: { itemsPath: 'items', paging: cursor },
      handler: () => ({ json: { items: rows, next: { a: 1 } } }),
    });
    expect((await caughtFailure(readAll(strange))).message).toContain('"next"');
  });

  test('an empty page where the provider counts more', async () => {
    const hollow: Handler = ({ url }) =>
      url.searchParams.get('offset') === '0'
        ? { json: { items: rows.slice(0, 3), total: 7 } }
        : { json: { items: [], total: 7 } };
    const call = open({ object: { itemsPath: 'items', paging: { ...offset, totalPath: 'total' } }, handler: hollow });
    const failure = await caughtFailure(readAll(call));
    expect(failure.message).toBe('A page is empty although the provider counts 7 records and gave 3.');
  });

  test('304 has no page', async () => {
    const call = open({ object: { paging: page }, handler: () => ({ status: 304 }) });
    expect((await caughtFailure(readAll(call))).kind).toBe('unexpected-response');
  });
});

describe('cursors', () => {
  const expiring: Handler = ({ url }) =>
    url.searchParams.has('after')
      ? { status: 410, json: { error: { code: 'gone' } } }
      : { json: { items: rows, next: 'old' } };

  test('an expired cursor is told from other errors', async () => {
    const read = (expiredCursor?: Record<string, unknown>) =>
      caughtFailure(
        readAll(open({ object: { itemsPath: 'items', paging: cursor, expiredCursor }, handler: expiring })),
      );
    expect(await read()).toMatchObject({ kind: 'cursor-expired', status: 410 });
    expect(await read({ status: 410, codePath: 'error.code', code: 'gone' })).toMatchObject({ kind: 'cursor-expired' });
    expect(await read({ status: 410, codePath: 'error.code', code: 'other' })).toMatchObject({
      kind: 'unexpected-response',
    });
    expect(await read({ status: 400 })).toMatchObject({ kind: 'unexpected-response', status: 410 });
  });

  test('410 on the first page is not about a cursor', async () => {
    const call = open({ object: { itemsPath: 'items', paging: cursor }, handler: () => ({ status: 410, json: {} }) });
    expect((await caughtFailure(readAll(call))).kind).toBe('unexpected-response');
  });

  test.each([
    '',
    'x',
    '{}',
    '{"kind":"page","page":1}',
    '{"kind":"url","url":"https://evil.example/","trail":{}}',
    '"__proto__"',
  ])('a damaged or foreign cursor starts the read over: %s', async (damaged) => {
    const call = open({ object: { itemsPath: 'items', paging: cursor }, handler: expiring });
    const failure = await caughtFailure(pull(call, { object: 'items', pageSize: 3, cursor: damaged }));
    expect(failure.kind).toBe('cursor-expired');
    expect(server.requests).toHaveLength(0);
  });

  test('a next URL of another origin is refused and named, and not called', async () => {
    const handler: Handler = () => ({ json: { value: rows, '@odata.nextLink': 'https://evil.example/next?token=1' } });
    const call = open({ object: { itemsPath: 'value', paging: nextUrl }, handler });
    const failure = await caughtFailure(pull(call, { object: 'items', pageSize: 3 }));
    expect(failure.message).toContain('https://evil.example,');
    expect(failure.message).not.toContain('token');
    expect(server.requests).toHaveLength(1);
  });

  test('a key that a next URL repeats does not get into the cursor', async () => {
    const call = open({
      object: { itemsPath: 'value', paging: nextUrl },
      settings: { auth: { kind: 'query', name: 'key' } },
      credential: { kind: 'api-key', key: 'very-secret' },
      handler: ({ url }) =>
        url.searchParams.has('skip')
          ? { json: { value: rows.slice(3) } }
          : { json: { value: rows.slice(0, 3), '@odata.nextLink': `${url.href}&skip=3` } },
    });
    const pages = await readAll(call);
    expect(idsOf(pages)).toEqual(all);
    expect(pages[0]?.next).not.toContain('very-secret');
    expect(server.requests[1]?.url.searchParams.getAll('key')).toEqual(['very-secret']);
  });
});
