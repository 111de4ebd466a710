import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { caughtFailure } from './caught-failure.ts';
import { findClosedPort } from './closed-port.ts';
import { type FixtureServer, startFixtureServer } from './fixture-server.ts';
import { openHttp } from './stub-adapter.ts';

/** A server that takes connections and says nothing. */
let silent: Server;
let server: FixtureServer;
const sockets = new Set<Socket>();
const opened: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  server = await startFixtureServer();
  silent = createServer((socket) => sockets.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((opener) => opener.close()));
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
  await server.close();
});

function open(baseUrl: string, given: Parameters<typeof openHttp>[1] = {}): ReturnType<typeof openHttp>['http'] {
  const opener = openHttp(baseUrl, given);
  opened.push(opener);
  return opener.http;
}

/** For what is never answered: long enough for a busy machine to connect. */
const shortly = { options: { timeoutMs: 1_500 } };

const write = { method: 'POST', url: '/items', body: { name: 'Ada' } } as const;

function portOf(listening: Server): number {
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}

describe('a request that writes has written nothing', () => {
  test.each<[string, () => Promise<string>]>([
    ['where nobody listens', async () => `http://127.0.0.1:${await findClosedPort()}`],
    ['where the name is not known', async () => 'http://nowhere.invalid'],
    ['where no secure connection comes about', async () => server.origin.replace('http:', 'https:')],
    ['where the base URL is none', async () => 'ftp://127.0.0.1'],
  ])('%s', async (_name, baseUrl) => {
    expect(await caughtFailure(open(await baseUrl())(write))).toMatchObject({ wroteNothing: true });
  });

  test('where a secure connection takes for ever', async () => {
    const http = open(`https://127.0.0.1:${portOf(silent)}`, shortly);
    expect(await caughtFailure(http(write))).toMatchObject({ wroteNothing: true });
  });

  test('where it has no credential', async () => {
    const http = open(server.origin, { authorisation: { kind: 'bearer' }, credential: { kind: 'none' } });
    expect(await caughtFailure(http(write))).toMatchObject({ kind: 'credentials-rejected', wroteNothing: true });
  });

  test('where it would have gone to an address inside the network', async () => {
    const http = open('https://127.0.0.1:9', { options: { allowPrivateAddresses: false } });
    expect(await caughtFailure(http(write))).toMatchObject({ wroteNothing: true });
  });
});

describe('a request that writes may have written', () => {
  test('where the provider took it and said nothing', async () => {
    const http = open(`http://127.0.0.1:${portOf(silent)}`, shortly);
    expect(await caughtFailure(http(write))).toMatchObject({ kind: 'unavailable', wroteNothing: false });
  });

  test.each<[string, Parameters<FixtureServer['answerWith']>[0]]>([
    ['where the connection breaks', () => (response) => response.destroy()],
    [
      'where the answer breaks off',
      () => (response) => {
        response.writeHead(201, { 'content-length': '100' });
        response.write('{"id":', () => response.destroy());
      },
    ],
    ['where the answer is no HTTP', () => (response) => response.socket?.end('not http at all\r\n\r\n')],
    ['where the provider failed', () => ({ status: 500, json: {} })],
  ])('%s', async (_name, handler) => {
    server.answerWith(handler);
    expect(await caughtFailure(open(server.origin)(write))).toMatchObject({ wroteNothing: false });
    expect(server.requests).toHaveLength(1);
  });

  test('where a kept connection was closed by the provider in the meantime', async () => {
    const http = open(server.origin);
    server.answerWith(() => ({ json: {} }));
    await http(write);
    server.answerWith(() => (response) => response.destroy());
    expect(await caughtFailure(http(write))).toMatchObject({ wroteNothing: false });
    expect(server.requests).toHaveLength(1);
  });
});

test('a text of the provider is shown without the credential', async () => {
  server.answerWith(() => ({ status: 422, json: { detail: 'the key k3y/with+signs may not write' } }));
  const http = open(server.origin, {
    authorisation: { kind: 'header', name: 'x-own' },
    credential: { kind: 'api-key', key: 'k3y/with+signs' },
  });
  const response = await http({ ...write, expect: [422] });
  expect(response.redact('the key k3y/with+signs may not write')).toBe('the key [redacted] may not write');
});
