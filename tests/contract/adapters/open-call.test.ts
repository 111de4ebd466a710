import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Authorisation, Credential } from '../../../shared/core/adapter.ts';
import { caughtFailure } from './caught-failure.ts';
import { type FixtureServer, startFixtureServer } from './fixture-server.ts';
import { openHttp } from './stub-adapter.ts';

let server: FixtureServer;
let other: FixtureServer;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startFixtureServer();
  other = await startFixtureServer(() => ({ json: { other: true } }));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((opener) => opener.close()));
});
afterAll(async () => {
  await server.close();
  await other.close();
});

function open(path = '', given: Parameters<typeof openHttp>[1] = {}): ReturnType<typeof openHttp>['http'] {
  const opener = openHttp(`${server.origin}${path}`, given);
  opened.push(opener);
  return opener.http;
}

describe('what is sent', () => {
  test('a path goes below the base path, with its query; an absolute URL as it is', async () => {
    server.answerWith(() => ({ json: [] }));
    const http = open('/api/v1/');
    await http({ url: '/items', query: { a: 'x y&z', none: undefined, n: 5 } });
    await http({ url: 'items?keep=%20a+b' });
    await http({ url: `${server.origin}/elsewhere?sig=a%2Bb+c` });
    await http({ url: '' });
    expect(server.requests.map(({ url }) => url.pathname + url.search)).toEqual([
      '/api/v1/items?a=x%20y%26z&n=5',
      '/api/v1/items?keep=%20a+b',
      '/elsewhere?sig=a%2Bb+c',
      '/api/v1/',
    ]);
  });

  test('a body goes as JSON, with its method', async () => {
    server.answerWith(() => ({ status: 204 }));
    const response = await open()({
      method: 'POST',
      url: '/items',
      body: { name: 'Łódź' },
      headers: { 'X-Extra': '1' },
    });
    expect(response.status).toBe(204);
    expect(server.requests[0]).toMatchObject({ method: 'POST', body: '{"name":"Łódź"}' });
    expect(server.requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': 'castiel-integrations',
      'x-extra': '1',
    });
  });

  test('connections are kept and shared', async () => {
    server.answerWith(() => ({ json: [] }));
    const before = server.connections();
    const http = open();
    for (let call = 0; call < 10; call += 1) await http({ url: '/items' });
    // Two, since a call may begin while the connection of the one before is still being handed back.
    expect(server.connections() - before).toBeLessThanOrEqual(2);
  });
});

const signedIn: readonly { given: Authorisation; credential: Credential; header?: [string, string]; query?: string }[] =
  [
    {
      given: { kind: 'header', name: 'X-Api-Key' },
      credential: { kind: 'api-key', key: 'k 1' },
      header: ['x-api-key', 'k 1'],
    },
    {
      given: { kind: 'header', name: 'Authorization', prefix: 'Token ' },
      credential: { kind: 'api-key', key: 'k1' },
      header: ['authorization', 'Token k1'],
    },
    { given: { kind: 'query', name: 'api_key' }, credential: { kind: 'api-key', key: 'k/1+2' }, query: 'k/1+2' },
    { given: { kind: 'bearer' }, credential: { kind: 'bearer', token: 't1' }, header: ['authorization', 'Bearer t1'] },
    { given: { kind: 'bearer' }, credential: { kind: 'api-key', key: 'k1' }, header: ['authorization', 'Bearer k1'] },
    {
      given: { kind: 'basic' },
      credential: { kind: 'basic', username: 'Aladdin', password: 'open sesame' },
      header: ['authorization', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    },
  ];

describe('signing in', () => {
  test.each(signedIn)('$given.kind with $credential.kind', async ({ given, credential, header, query }) => {
    server.answerWith(() => ({ json: [] }));
    const response = await open('', { authorisation: given, credential })({ url: '/items', query: { page: 1 } });
    if (header !== undefined) expect(server.requests[0]?.headers[header[0]]).toBe(header[1]);
    expect(server.requests[0]?.url.searchParams.get('api_key') ?? undefined).toBe(query);
    expect(response.url).toBe(`${server.origin}/items?page=1`);
  });

  test.each([
    { given: { kind: 'basic' }, credential: { kind: 'api-key', key: 'k1' } },
    { given: { kind: 'bearer' }, credential: { kind: 'basic', username: 'u', password: 'p' } },
    { given: { kind: 'header', name: 'x' }, credential: { kind: 'none' } },
    { given: { kind: 'header', name: 'x' }, credential: { kind: 'api-key', key: '' } },
    { given: { kind: 'header', name: 'x' }, credential: { kind: 'api-key', key: 'line\r\nHost: evil' } },
    { given: { kind: 'bearer' }, credential: { kind: 'bearer', token: 'naïve-☃' } },
    { given: { kind: 'basic' }, credential: { kind: 'basic', username: 'a:b', password: 'p' } },
  ] as const)(
    '$given.kind with an unfit $credential.kind is refused before anything is sent',
    async ({ given, credential }) => {
      server.answerWith(() => ({ json: [] }));
      const failure = await caughtFailure(open('', { authorisation: given, credential })({ url: '/items' }));
      expect(failure.kind).toBe('credentials-rejected');
      expect(server.requests).toHaveLength(0);
    },
  );

  test('what an adapter or a link says never replaces the credential', async () => {
    server.answerWith(() => ({ json: [] }));
    const bearer = open('', { authorisation: { kind: 'bearer' }, credential: { kind: 'bearer', token: 't1' } });
    await bearer({ url: '/items', headers: { Authorization: 'Bearer other' } });
    expect(server.requests[0]?.headers.authorization).toBe('Bearer t1');
    const query = open('', {
      authorisation: { kind: 'query', name: 'key' },
      credential: { kind: 'api-key', key: 'k1' },
    });
    const response = await query({ url: `${server.origin}/items?key=k1&page=2` });
    expect(server.requests[1]?.url.searchParams.getAll('key')).toEqual(['k1']);
    expect(response.url).toBe(`${server.origin}/items?page=2`);
  });
});

describe('staying at the provider', () => {
  test.each([
    'http://127.0.0.2/items',
    '//127.0.0.2/items',
    'https://127.0.0.1/items',
    'file:///etc/passwd',
    'http://user:pass@127.0.0.1/items',
  ])('%s is refused before anything is sent', async (url) => {
    server.answerWith(() => ({ json: [] }));
    const failure = await caughtFailure(open('/api')({ url }));
    expect(failure.kind).toBe('unexpected-response');
    expect(failure.message).toContain(server.origin);
    expect(server.requests).toHaveLength(0);
  });

  test.each([
    '\\\\127.0.0.2\\items',
    '/\\127.0.0.2/items',
    ' http://127.0.0.2/items',
    '@127.0.0.2/items',
    '.evil.example/',
  ])('%s is a path like any other', async (url) => {
    server.answerWith(() => ({ json: [] }));
    await open('/api')({ url });
    expect(server.requests[0]?.url.pathname).toMatch(/^\/api\//);
  });

  test('an absolute URL of another origin is named with its origin, without its query', async () => {
    const failure = await caughtFailure(open()({ url: `${other.origin}/next?token=abc` }));
    expect(failure.message).toContain(other.origin);
    expect(failure.message).not.toContain('abc');
    expect(other.requests).toHaveLength(0);
  });

  test('redirects on the same origin are followed, three at most, with the credential on each', async () => {
    server.answerWith(({ url }) => {
      const left = Number(url.searchParams.get('left'));
      return left === 0 ? { json: 'there' } : { status: 302, headers: { location: `/items?left=${left - 1}` } };
    });
    const http = open('', {
      authorisation: { kind: 'query', name: 'key' },
      credential: { kind: 'api-key', key: 'k1' },
    });
    expect((await http({ url: '/items', query: { left: 3 } })).json()).toBe('there');
    expect(server.requests.map(({ url }) => url.searchParams.get('key'))).toEqual(['k1', 'k1', 'k1', 'k1']);
    expect((await caughtFailure(http({ url: '/items', query: { left: 4 } }))).message).toContain('more than 3 times');
  });

  test('a redirect to another origin is not followed', async () => {
    server.answerWith(() => ({ status: 307, headers: { location: `${other.origin}/items?secret=1` } }));
    const failure = await caughtFailure(open()({ url: '/items' }));
    expect(failure.kind).toBe('unexpected-response');
    expect(failure.message).toContain(server.origin);
    expect(failure.message).toContain(other.origin);
    expect(failure.message).not.toContain('secret');
    expect(other.requests).toHaveLength(0);
  });

  test('what writes is not sent a second time by a redirect', async () => {
    server.answerWith(() => ({ status: 308, headers: { location: '/elsewhere' } }));
    expect((await caughtFailure(open()({ method: 'POST', url: '/items', body: {} }))).status).toBe(308);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['http://127.0.0.1:1/', /https/],
    ['ftp://127.0.0.1/', /https, not ftp/],
    ['127.0.0.1', /absolute/],
    ['https://user:pass@crm.example/', /no user/],
    ['https://crm.example/?key=1', /query/],
  ])('the base URL %s is refused', async (baseUrl, message) => {
    const { http } = openHttp(baseUrl, { options: { allowPrivateAddresses: false } });
    expect((await caughtFailure(http({ url: '/' }))).message).toMatch(message);
  });
});

describe('staying out of the network', () => {
  test.each(['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]'])(
    'https://%s is not connected to',
    async (host) => {
      server.answerWith(() => ({ json: [] }));
      const before = server.connections();
      const { http } = openHttp(`https://${host}:${new URL(server.origin).port}`, {
        options: { allowPrivateAddresses: false },
      });
      const failure = await caughtFailure(http({ url: '/' }));
      expect(failure.kind).toBe('unexpected-response');
      expect(failure.message).toContain('public address');
      expect(server.connections()).toBe(before);
    },
  );

  test('the metadata service is closed even where private addresses are open', async () => {
    const { http } = openHttp('http://169.254.169.254');
    expect((await caughtFailure(http({ url: '/metadata/instance' }))).message).toContain('169.254.169.254');
  });
});
