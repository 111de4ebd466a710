import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { caughtFailure } from './caught-failure.ts';
import { type FixtureServer, startFixtureServer } from './fixture-server.ts';
import { openHttp } from './stub-adapter.ts';

let server: FixtureServer;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startFixtureServer();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((opener) => opener.close()));
});
afterAll(async () => {
  await server.close();
});

function open(given: Parameters<typeof openHttp>[1] = {}): ReturnType<typeof openHttp>['http'] {
  const opener = openHttp(server.origin, given);
  opened.push(opener);
  return opener.http;
}

const json = { 'content-type': 'application/json' };

describe('what comes back', () => {
  const packed = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };
  test.each(Object.entries(packed))('%s is unpacked', async (encoding, pack) => {
    server.answerWith(() => ({ headers: { ...json, 'content-encoding': encoding }, body: pack('{"a":"ł"}') }));
    expect((await open()({ url: '/' })).json()).toEqual({ a: 'ł' });
  });

  test('deflate without its header is unpacked', async () => {
    server.answerWith(() => ({ headers: { ...json, 'content-encoding': 'deflate' }, body: deflateRawSync('[1]') }));
    expect((await open()({ url: '/' })).json()).toEqual([1]);
  });

  test.each([
    ['an encoding that is not known', { 'content-encoding': 'compress' }, Buffer.from('[1]'), /not supported/],
    ['a prototype name as encoding', { 'content-encoding': 'constructor' }, Buffer.from('[1]'), /not supported/],
    ['gzip that was cut', { 'content-encoding': 'gzip' }, gzipSync('[1,2,3,4,5]').subarray(0, 20), /truncated/],
    ['gzip that is none', { 'content-encoding': 'gzip' }, Buffer.from('[1]'), /damaged/],
    ['a body that is too large', {}, Buffer.alloc(1001, '1'), /more than 1000 bytes/],
    ['a gzip bomb', { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(300_000)), /more than 1000 bytes/],
    [
      'a brotli bomb',
      { 'content-encoding': 'br' },
      brotliCompressSync(Buffer.alloc(9_000_000)),
      /more than 1000 bytes/,
    ],
  ])('%s is refused', async (_name, headers, body, message) => {
    server.answerWith(() => ({ headers: { ...json, ...headers }, body }));
    const failure = await caughtFailure(open({ options: { maxResponseBytes: 1000 } })({ url: '/' }));
    expect(failure.kind).toBe('unexpected-response');
    expect(failure.message).toMatch(message);
  });

  test('an endless body is cut off at the cap', async () => {
    let sent = 0;
    let ended = false;
    server.answerWith(() => (response) => {
      response.writeHead(200, json);
      response.on('close', () => {
        ended = true;
      });
      const more = (): void => {
        while (!ended && response.write(Buffer.alloc(10_000, ' '))) sent += 10_000;
      };
      response.on('drain', more);
      more();
    });
    const failure = await caughtFailure(open({ options: { maxResponseBytes: 100_000 } })({ url: '/' }));
    expect(failure.message).toContain('more than');
    await expect.poll(() => ended).toBe(true);
    expect(sent).toBeGreaterThan(50_000);
  });

  test('a status that is expected is handed over, and 304 too', async () => {
    server.answerWith(({ url }) => {
      const status = Number(url.pathname.slice(1));
      return status === 304 ? { status } : { status, json: { a: 1 } };
    });
    const gone = await open()({ url: '/410', expect: [410] });
    expect([gone.status, gone.json()]).toEqual([410, { a: 1 }]);
    expect((await open()({ url: '/304' })).status).toBe(304);
    expect((await caughtFailure(open()({ url: '/410' }))).kind).toBe('unexpected-response');
  });

  test('headers are read by lower-case name; repeated ones are joined', async () => {
    server.answerWith(() => ({ headers: { Link: ['<a>; rel=a', '<b>; rel=b'], 'X-One': '1' }, json: [] }));
    const { header } = await open()({ url: '/' });
    expect([header('link'), header('x-one'), header('constructor')]).toEqual([
      '<a>; rel=a, <b>; rel=b',
      '1',
      undefined,
    ]);
  });
});

describe('when it goes wrong on the way', () => {
  const shortly = { options: { timeoutMs: 150 } };

  test('headers that never come', async () => {
    server.answerWith(() => () => undefined);
    const failure = await caughtFailure(open(shortly)({ url: '/slow', query: { q: 'hidden' } }));
    expect(failure.kind).toBe('unavailable');
    expect(failure.message).toBe(`GET ${server.origin}/slow was given up: no complete answer within 0.15 seconds.`);
  });

  test('a body that never ends, though it keeps coming', async () => {
    let timer: NodeJS.Timeout | undefined;
    server.answerWith(() => (response) => {
      response.writeHead(200, json);
      timer = setInterval(() => response.write(' '), 20);
    });
    expect((await caughtFailure(open(shortly)({ url: '/' }))).message).toContain('given up');
    clearInterval(timer);
  });

  test('an error whose body never ends is told at once', async () => {
    server.answerWith(() => (response) => {
      response.writeHead(503, { ...json, 'retry-after': '3' });
      response.write('{');
    });
    expect(await caughtFailure(open()({ url: '/' }))).toMatchObject({ status: 503, retryAfterMs: 3000 });
  });

  test.each([
    ['its length', { 'content-length': '100' }],
    ['its last chunk', { 'transfer-encoding': 'chunked' }],
  ])('a body that ends before %s', async (_name, framing) => {
    server.answerWith(() => (response) => {
      response.writeHead(200, { ...json, ...framing });
      response.write('[1,2]', () => response.socket?.end());
    });
    const failure = await caughtFailure(open()({ url: '/' }));
    expect(failure.kind).toBe('unavailable');
    expect(failure.message).toContain('before the answer was complete');
  });

  test('what does not speak HTTP', async () => {
    server.answerWith(() => (response) => response.socket?.end('+OK POP3 ready\r\n'));
    const failure = await caughtFailure(open()({ url: '/' }));
    expect(failure.kind).toBe('unexpected-response');
    expect(failure.message).toContain('no valid HTTP');
  });

  test('a host name that is not known', async () => {
    const opener = openHttp('https://no-such-host.invalid');
    opened.push(opener);
    expect(await caughtFailure(opener.http({ url: '/' }))).toMatchObject({ kind: 'unavailable' });
  });
});

describe('secrets stay secret', () => {
  const key = 'S3cret+key/with=signs';

  test('in the path that a message names', async () => {
    const http = open({ authorisation: { kind: 'bearer' }, credential: { kind: 'bearer', token: key } });
    server.answerWith(() => ({ status: 500, json: {} }));
    const inPath = await caughtFailure(http({ url: `/accounts/${encodeURIComponent(key)}` }));
    expect(inPath.message).toContain('/accounts/[redacted]');
    server.answerWith(() => ({ headers: { 'content-type': 'text/html' }, body: key }));
    const response = await http({ url: `/${Buffer.from(key).toString('base64url')}` });
    expect(() => response.json()).toThrow('/[redacted] was answered with text/html');
  });

  test('no failure quotes a payload or a query', async () => {
    const given = { authorisation: { kind: 'query', name: 'key' }, credential: { kind: 'api-key', key } } as const;
    server.answerWith(() => ({ headers: json, body: '{"person":"Jan Kowalski",' }));
    const response = await open(given)({ url: '/', query: { email: 'jan@example.com' } });
    expect(() => response.json()).toThrow(/^(?!.*(Kowalski|jan@|key=)).*not valid JSON/);
    server.answerWith(() => () => undefined);
    const slow = open({ ...given, options: { timeoutMs: 100 } });
    const failure = await caughtFailure(slow({ url: '/', query: { email: 'jan@example.com' } }));
    expect(`${failure.message} ${String(failure.cause)}`).not.toMatch(/jan@|S3cret/);
  });
});
