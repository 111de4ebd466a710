import { describe, expect, test } from 'vitest';
import { customRestSettings } from '../../../../adapters/custom-rest/settings.ts';

const items = { path: '/items', idField: 'id', paging: { kind: 'none' } };
const valid = { baseUrl: 'https://crm.example/api', auth: { kind: 'none' }, testPath: '/me', objects: { items } };
const withItems = (change: Record<string, unknown>) => ({ ...valid, objects: { items: { ...items, ...change } } });

/** The refusals as people see them: `path: message`. */
function refusalsOf(settings: unknown): string[] {
  const parsed = customRestSettings.safeParse(settings);
  return parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

test('the smallest settings, with their defaults', () => {
  const parsed = customRestSettings.parse(valid);
  expect(parsed.objects['items']).toMatchObject({ maxPageSize: 100, expiredCursor: { status: 410 } });
  const paged = customRestSettings.parse(withItems({ paging: { kind: 'page', pageParam: 'page' } }));
  expect(paged.objects['items']?.paging).toMatchObject({ firstPage: 1, stable: false });
});

const verbs = { create: { path: '/items' }, update: { path: '/items/{id}' }, delete: { path: '/items/{id}' } };
const withWrites = (change: Record<string, unknown>) => withItems({ writes: { ...verbs, ...change } });
const batch = { size: 10, itemsPath: 'items', results: { path: 'results', statusPath: 'status' } };

test('what can be written, with its defaults', () => {
  const { writes } = customRestSettings.parse(withWrites({ batch })).objects['items'] ?? {};
  expect(writes).toMatchObject({
    create: { method: 'POST', answersRecord: true },
    update: { method: 'PATCH' },
    delete: { method: 'DELETE' },
    conflict: { status: 412 },
    exists: { status: 409 },
    emptied: 'null',
    concurrency: 4,
    batch: { idPath: 'id' },
  });
});

describe('refused, with the place', () => {
  const cases: readonly [string, unknown, RegExp][] = [
    ['a record without a place', withItems({ record: { path: '/items' } }), /^objects\.items\.record\.path: must name/],
    ['an update of no record', withWrites({ update: { path: '/items' } }), /^objects\.items\.writes\.update\.path/],
    ['a delete of two', withWrites({ delete: { path: '/{id}/{id}' } }), /^objects\.items\.writes\.delete\.path/],
    ['a write elsewhere', withWrites({ create: { path: 'https://evil.example/' } }), /writes\.create\.path/],
    ['a key in a write', withWrites({ create: { path: '/a?api_key=k' } }), /writes\.create\.path: must hold no key/],
    [
      'a cookie as idempotency key',
      withWrites({ create: { path: '/a', idempotencyHeader: 'Cookie' } }),
      /writes\.create\.idempotencyHeader: is a header of the connection/,
    ],
    [
      'the credential as idempotency key',
      {
        ...withWrites({ create: { path: '/a', idempotencyHeader: 'x-Own' } }),
        auth: { kind: 'header', name: 'X-own' },
      },
      /writes\.create\.idempotencyHeader: is sent with every request/,
    ],
    ['a member that objects inherit', withWrites({ create: { path: '/a', bodyPath: 'a.__proto__' } }), /bodyPath/],
    ['a time that is not known', withWrites({ condition: 'if-unmodified-since' }), /writes\.condition: needs/],
    [
      'a batch without the single write',
      withItems({ writes: { batch: { ...batch, delete: { path: '/b' } } } }),
      /writes\.batch\.delete: needs "writes\.delete"/,
    ],
    [
      'a batch that loses the condition',
      withWrites({ condition: 'if-match', batch: { ...batch, update: { path: '/b' } } }),
      /writes\.batch\.conditionPath: is needed/,
    ],
    [
      'a batch that loses the idempotency key',
      withWrites({
        create: { path: '/items', idempotencyHeader: 'Idempotency-Key' },
        batch: { ...batch, create: { path: '/b' } },
      }),
      /writes\.batch\.keyPath: goes together/,
    ],
    ['a conflict that is a limit', withWrites({ conflict: { status: 429 } }), /writes\.conflict\.status/],
    [
      'a lookup by a parameter in use',
      withItems({ query: { q: 'x' }, writes: { ...verbs, lookup: { param: 'q', field: 'name' } } }),
      /^objects\.items: uses the query parameter "q" twice/,
    ],
    ['an unknown setting', { ...valid, extra: 1 }, /"extra"/],
    ['an unknown setting of an object', withItems({ limit: 5 }), /^objects\.items: .*"limit"/],
    [
      'an unknown setting of paging',
      withItems({ paging: { kind: 'none', size: 1 } }),
      /^objects\.items\.paging: .*"size"/,
    ],
    ['an unknown way of paging', withItems({ paging: { kind: 'scroll' } }), /^objects\.items\.paging/],
    ['no objects', { ...valid, objects: {} }, /^objects: must name at least one/],
    ['an object name', { ...valid, objects: { 'a b': items } }, /^objects.*a b/],
    ['a base URL that is none', { ...valid, baseUrl: 'crm.example' }, /^baseUrl: must be an absolute/],
    ['a base URL with a user', { ...valid, baseUrl: 'https://u:p@crm.example' }, /^baseUrl/],
    ['a base URL with a query', { ...valid, baseUrl: 'https://crm.example/?key=1' }, /^baseUrl/],
    ['a base URL of another kind', { ...valid, baseUrl: 'file:///etc/passwd' }, /^baseUrl/],
    ['a path that is a URL', withItems({ path: 'https://evil.example/' }), /^objects\.items\.path: must be a path/],
    ['a path to another host', withItems({ path: '//evil.example/' }), /^objects\.items\.path/],
    ['a path with a line break', withItems({ path: '/a\r\nHost: b' }), /^objects\.items\.path/],
    ['a path to a field that is none', withItems({ itemsPath: 'a..b' }), /^objects\.items\.itemsPath/],
    [
      'a header of the connection',
      { ...valid, headers: { Host: 'evil' } },
      /^headers: must hold no header of the connection/,
    ],
    ['a cookie', { ...valid, headers: { cookie: 'a=b' } }, /^headers/],
    ['a key in a header', { ...valid, headers: { 'X-Api-Key': 'k' } }, /^headers: must hold no key/],
    ['a token in a header', { ...valid, headers: { Authorization: 'Bearer t' } }, /^headers: must hold no key/],
    ['a header with a line break', { ...valid, headers: { 'X-A': 'a\r\nX-B: b' } }, /^headers\.X-A/],
    ['a header name', { ...valid, headers: { 'X A': 'a' } }, /^headers.*X A/],
    ['a key in the query', withItems({ query: { access_token: 't' } }), /^objects\.items\.query: must hold no key/],
    ['the host as credential', { ...valid, auth: { kind: 'header', name: 'Host' } }, /^auth\.name/],
    [
      'the credential’s header twice',
      { ...valid, auth: { kind: 'header', name: 'x-tenant' }, headers: { 'X-Tenant': '1' } },
      /^headers/,
    ],
    [
      'incremental without a time',
      withItems({ incremental: { param: 'since', format: 'iso' } }),
      /^objects\.items\.modifiedField: is needed/,
    ],
    [
      'a parameter used twice',
      withItems({ query: { page: 1 }, paging: { kind: 'page', pageParam: 'page' } }),
      /^objects\.items: .*"page" twice/,
    ],
    [
      'a parameter that the path has',
      withItems({ path: '/items?page=1', paging: { kind: 'page', pageParam: 'page' } }),
      /"page" twice/,
    ],
    ['a page size without bounds', withItems({ maxPageSize: 100_000 }), /^objects\.items\.maxPageSize/],
    [
      'a status with a meaning of its own',
      withItems({ expiredCursor: { status: 401 } }),
      /^objects\.items\.expiredCursor\.status/,
    ],
    ['a code without its path', withItems({ expiredCursor: { status: 400, code: 'X' } }), /"codePath" and "code"/],
  ];
  test.each(cases)('%s', (_name, settings, refusal) => {
    const refusals = refusalsOf(settings);
    expect(refusals.join('\n')).toMatch(new RegExp(refusal.source, 'm'));
  });

  test('a prototype as settings or as object', () => {
    expect(refusalsOf(JSON.parse('{"__proto__":{},"baseUrl":"https://crm.example"}'))).not.toEqual([]);
    const settings = JSON.parse(JSON.stringify(valid).replace('"items"', '"__proto__"'));
    expect(refusalsOf(settings)).not.toEqual([]);
  });
});

test.each(['Accept-Language', 'X-Author', 'X-Tenant', 'If-None-Match', 'Notion-Version'])(
  'the header %s is allowed',
  (name) => {
    expect(refusalsOf({ ...valid, headers: { [name]: 'value' } })).toEqual([]);
  },
);
