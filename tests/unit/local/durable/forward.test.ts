import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ApiRequest } from '../../../../local/durable/api/request.ts';
import { forward, OwnerUnreachable } from '../../../../local/durable/forward.ts';
import { HOST_HEADER } from '../../../../local/durable/rpc-listener.ts';

let server: Server;
let url: string;
let mode: 'answers' | 'dies' | 'leaves' | 'stranger';

beforeEach(async () => {
  mode = 'answers';
  server = createServer((request, response) => {
    if (mode === 'dies') {
      response.destroy();
      return;
    }
    if (mode !== 'stranger') response.setHeader(HOST_HEADER, 'owner');
    response.writeHead(mode === 'leaves' ? 503 : 202, { location: 'http://x/1', 'content-type': 'application/json' });
    response.end(JSON.stringify({ asked: `${request.method} ${request.url}` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/durabletask/`;
});
afterEach(() => {
  server.close();
});

const ask = (method: string) => {
  const request: ApiRequest = {
    method,
    path: ['instances', 'a b', 'raiseEvent', 'ü'],
    query: new URLSearchParams({ code: 'secret', top: '3' }),
    header: () => undefined,
    body: method === 'GET' ? '' : '1',
  };
  return forward({ url, id: 'owner' }, request);
};

describe('a request for the host that runs the hub', () => {
  test('is passed on without the key, and its answer comes back', async () => {
    expect(await ask('POST')).toEqual({
      status: 202,
      headers: { location: 'http://x/1' },
      body: { asked: 'POST /durabletask/instances/a%20b/raiseEvent/%C3%BC?top=3' },
    });
  });

  test.each(['leaves', 'stranger'] as const)('can be asked again of the next one when this one %s', async (how) => {
    mode = how;
    await expect(ask('POST')).rejects.toThrow(OwnerUnreachable);
  });

  test('can be asked again when nobody listens', async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(ask('POST')).rejects.toThrow(OwnerUnreachable);
  });

  test('that was cut off can be asked again only when it changes nothing', async () => {
    mode = 'dies';
    await expect(ask('GET')).rejects.toThrow(OwnerUnreachable);
    await expect(ask('POST')).rejects.toMatchObject({ status: 503, message: expect.stringContaining('may have done') });
  });
});
