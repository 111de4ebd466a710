import { randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, request as openRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../../local/azurite.ts';
import { commonJsSettings, type RunningHost, runHost } from './run-host.ts';

let azurite: Azurite;
let host: RunningHost;

beforeAll(async () => {
  azurite = await startAzurite();
  host = await runHost('commonjs', commonJsSettings(azurite.connectionString));
});
afterAll(async () => {
  await host.stop();
  await azurite.close();
});

const call = (path: string, init?: RequestInit): Promise<Response> => fetch(`${host.ready.url}${path}`, init);
const textOf = async (path: string, init?: RequestInit): Promise<string> => (await call(path, init)).text();

interface Described {
  readonly method: string;
  readonly url: string;
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly user: unknown;
  readonly body: string;
}
const described = async (path: string, init?: RequestInit): Promise<Described> =>
  (await (await call(path, init)).json()) as Described;

/** For what fetch does not let through. */
const rawCall = (
  path: string,
  options: { method: string; headers: Record<string, string | string[]> },
  body: readonly string[] = [],
): Promise<{ status: number | undefined; body: string; headers: IncomingHttpHeaders }> =>
  new Promise((resolve, reject) => {
    const request = openRequest(`${host.ready.url}${path}`, options, async (response) => {
      resolve({ status: response.statusCode, body: await text(response), headers: response.headers });
    });
    request.on('error', reject);
    for (const chunk of body) {
      request.write(chunk);
    }
    request.end();
  });

describe('routes', () => {
  test('the first registered route whose constraint and method fit wins', async () => {
    expect(await textOf('/api/orders/12')).toBe('int 12');
    expect(await textOf('/api/orders/twelve')).toBe('name twelve');
    expect((await call('/api/orders/12', { method: 'PUT' })).status).toBe(201);
  });

  test('literals match in any case of letters, a trailing slash is no segment', async () => {
    expect(await textOf('/API/Orders/12/')).toBe('int 12');
  });

  test('optional and catch-all parameters', async () => {
    expect((await described('/api/describe')).params).toEqual({});
    expect((await described('/api/describe/a%20b')).params).toEqual({ id: 'a b' });
    expect(await textOf('/api/files')).toBe('rest -');
    expect(await textOf('/api/files/a/b%2Fc')).toBe('rest a/b%2Fc');
  });

  test.each(['/', '/api', '/api/nowhere', '/orders/12', '/api/orders/12/items'])('404 for %s', async (path) => {
    expect((await call(path)).status).toBe(404);
  });

  test('a method that no route has is 404, not 405', async () => {
    expect((await call('/api/orders/12', { method: 'DELETE' })).status).toBe(404);
  });

  test('a disabled function has no route and is not announced', async () => {
    expect((await call('/api/off')).status).toBe(404);
    expect(host.ready.functions).not.toContain('off');
    expect(host.ready.functions).toContain('describe');
  });

  test('dots in a path are resolved before it is matched', async () => {
    expect((await rawCall('/api/describe/../orders/12', { method: 'GET', headers: {} })).body).toBe('int 12');
  });
});

describe('requests', () => {
  test('duplicate query keys arrive joined, and apart in the URL', async () => {
    const request = await described('/api/describe?a=1&A=2&b=x%20y&a=');
    expect(request.query).toEqual({ a: '1,2,', b: 'x y' });
    expect(new URL(request.url).searchParams.getAll('a')).toEqual(['1', '']);
  });

  test('headers arrive; identity headers from outside do not', async () => {
    const { headers, user } = await described('/api/describe', {
      headers: {
        'x-custom': 'value',
        cookie: 'a=1; b=2',
        'x-ms-client-principal': Buffer.from('{"identityProvider":"aad","userId":"root"}').toString('base64'),
        'X-MS-CLIENT-PRINCIPAL-ID': 'root',
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-proto': 'https',
      },
    });
    expect(headers).toMatchObject({ 'x-custom': 'value', cookie: 'a=1; b=2', 'x-forwarded-proto': 'http' });
    expect(headers['x-forwarded-for']).toMatch(/^203\.0\.113\.7, 127\.0\.0\.1:\d+$/);
    expect(Object.keys(headers).filter((name) => name.startsWith('x-ms-client-principal'))).toEqual([]);
    expect(user).toBeNull();
  });

  test('text bodies', async () => {
    const request = await described('/api/describe', { method: 'POST', body: 'grüße\u0000' });
    expect(request).toMatchObject({ method: 'POST', body: 'grüße\u0000' });
  });

  test('binary bodies are untouched both ways', async () => {
    const bytes = randomBytes(300_000);
    const response = await call('/api/bytes', { method: 'POST', body: bytes });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
  });

  test('a chunked body does not reach the function, as in Azure', async () => {
    const { body } = await rawCall('/api/describe', { method: 'POST', headers: {} }, ['part one', 'part two']);
    expect(JSON.parse(body)).toMatchObject({ body: '' });
    expect(host.stderr()).toContain('A chunked request body does not reach the function');
  });

  test('413 for a body past 100 MB, before it is sent', async () => {
    const headers = { 'content-length': `${100 * 1024 * 1024 + 1}` };
    const status = new Promise<number | undefined>((resolve, reject) => {
      const request = openRequest(`${host.ready.url}/api/bytes`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on('error', reject);
      request.flushHeaders();
    });
    expect(await status).toBe(413);
  });

  test('the trace of the caller goes on with a span of its own', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const response = await call('/api/trace', { headers: { traceparent, tracestate: 'a=b' } });
    const { traceParent, traceState } = (await response.json()) as { traceParent: string; traceState: string };
    expect(traceParent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(traceParent).not.toBe(traceparent);
    expect(traceState).toBe('a=b');
  });
});

describe('answers', () => {
  test('cookies with their attributes, one header each', async () => {
    expect((await call('/api/cookies')).headers.getSetCookie()).toEqual([
      'one=a%20b; max-age=60; path=/api; secure; samesite=strict; httponly',
      'two=2; expires=Fri, 02 Jan 1970 00:00:00 GMT; domain=example.com; path=/; samesite=none',
    ]);
  });

  test('custom headers of host.json are added', async () => {
    expect((await call('/api/orders/1')).headers.get('x-host')).toBe('local');
  });

  test('HEAD has the length but no body', async () => {
    const { headers, body } = await rawCall('/api/describe', { method: 'HEAD', headers: {} });
    expect(Number(headers['content-length'])).toBeGreaterThan(10);
    expect(body).toBe('');
  });

  test.each([
    ['status/404', 404, 'body'],
    ['status/204', 204, ''],
    ['nothing', 204, ''],
    ['broken', 500, ''],
    ['thrownText', 500, ''],
    ['thrownUndefined', 204, ''],
  ])('%s is %i', async (path, status, body) => {
    const response = await call(`/api/${path}`);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(body);
  });

  test('what was thrown is in the log', async () => {
    await call('/api/broken');
    await call('/api/thrownText');
    expect(host.stderr()).toContain('broken on purpose');
    expect(host.stderr()).toContain('only a text');
  });
});

describe('the app', () => {
  test('hooks may replace the handler and the result', async () => {
    expect(await textOf('/api/hooked')).toBe('wrapped(inner)');
  });

  test('log hooks and the levels of host.json decide what is written', async () => {
    await call('/api/loud');
    await call('/api/quiet');
    expect(host.stderr()).toContain('DEBUG [Function.loud.User] a debug line with a ******');
    expect(host.stderr()).not.toContain('never written');
  });

  test('what it prints goes to stderr, unknown settings are warned of by name', () => {
    expect(host.stderr()).toContain('the app writes to stdout');
    expect(host.stderr()).toContain('"extensions.sendGrid" is ignored');
  });

  test('functions cannot be registered once it runs', async () => {
    expect(await textOf('/api/lateRegistration')).toBe('A function can only be registered during app startup.');
  });
});
