import { request as openRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningHost, runHost } from './run-host.ts';

/** An ES module app that streams HTTP, without a route prefix and without storage. */
let host: RunningHost;

beforeAll(async () => {
  host = await runHost('es-module', {});
});
afterAll(async () => {
  await host.stop();
});

test('the body of a request streams through, parameters and every query value arrive', async () => {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(Buffer.from('streamed '));
      controller.enqueue(Buffer.from('body'));
      controller.close();
    },
  });
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' };
  const response = await fetch(`${host.ready.url}/echo/42?tag=a&tag=b`, init);
  expect(await response.text()).toBe('streamed body');
  expect(response.headers.get('x-id')).toBe('42');
  expect(response.headers.get('x-query')).toBe('a+b');
  expect(response.headers.has('x-ms-invocation-id')).toBe(false);
});

test('an answer arrives piece by piece', async () => {
  const response = await fetch(`${host.ready.url}/chunks`);
  expect(response.headers.getSetCookie()).toEqual(['seen=yes; Path=/; HttpOnly']);
  const reader = response.body?.getReader();
  const first = await reader?.read();
  expect(Buffer.from(first?.value ?? []).toString()).toBe('first,');
  // The function writes the rest only after this call.
  expect((await fetch(`${host.ready.url}/continue`, { method: 'POST' })).status).toBe(202);
  const second = await reader?.read();
  expect(Buffer.from(second?.value ?? []).toString()).toBe('second');
  expect((await reader?.read())?.done).toBe(true);
});

test('a function that returns nothing would hang in Azure: 500 and a line that says so', async () => {
  expect((await fetch(`${host.ready.url}/nothing`)).status).toBe(500);
  expect(host.stderr()).toContain('The function "nothing" ended without an answer');
});

test('a function that throws is 500', async () => {
  const broken = await fetch(`${host.ready.url}/broken`);
  expect(broken.status).toBe(500);
  expect(await broken.text()).toBe('');
  const body = Buffer.alloc(1_000_000, 'x');
  expect((await fetch(`${host.ready.url}/broken`, { method: 'POST', body })).status).toBe(500);
  // The connection to the app is not left behind in a bad state.
  expect((await fetch(`${host.ready.url}/echo/1`)).status).toBe(200);
});

test('identity headers from outside do not arrive, forwarding headers do', async () => {
  const response = await fetch(`${host.ready.url}/headers`, {
    headers: {
      'x-ms-client-principal': 'e30=',
      'X-MS-CLIENT-PRINCIPAL-NAME': 'root',
      'x-forwarded-for': '203.0.113.7',
    },
  });
  const headers = (await response.json()) as Record<string, string>;
  expect(Object.keys(headers).filter((name) => /client-principal/i.test(name))).toEqual([]);
  expect(headers['x-forwarded-for']).toMatch(/^203\.0\.113\.7, 127\.0\.0\.1:\d+$/);
  expect(headers['x-forwarded-proto']).toBe('http');
});

test('413 for a body past 100 MB, before it is sent', async () => {
  const headers = { 'content-length': `${100 * 1024 * 1024 + 1}` };
  const status = new Promise<number | undefined>((resolve, reject) => {
    const request = openRequest(`${host.ready.url}/echo/1`, { method: 'POST', headers }, (response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    request.on('error', reject);
    request.flushHeaders();
  });
  expect(await status).toBe(413);
});

test('the app knows its address while it loads, where the host answers 503 until it is ready', async () => {
  const response = await fetch(`${host.ready.url}/early`);
  expect(await response.text()).toBe(`503 ${new URL(host.ready.url).host}`);
});

test('404 for a route that nobody has', async () => {
  expect((await fetch(`${host.ready.url}/echo/x`)).status).toBe(404);
});
