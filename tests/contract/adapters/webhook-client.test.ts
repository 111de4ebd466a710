import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClosableWebhookClient, createWebhookClient } from '../../../adapters/kit/webhook-client.ts';
import { type Answer, type FixtureServer, startFixtureServer } from './fixture-server.ts';

let server: FixtureServer;
/** It waits for longer than a busy machine takes to answer. */
let client: ClosableWebhookClient;
/** For what is never answered. */
let hasty: ClosableWebhookClient;
let guarded: ClosableWebhookClient;

beforeAll(async () => {
  server = await startFixtureServer();
  client = createWebhookClient({ allowPrivateAddresses: true, timeoutMs: 30_000 });
  hasty = createWebhookClient({ allowPrivateAddresses: true, timeoutMs: 400 });
  guarded = createWebhookClient({ allowPrivateAddresses: false, timeoutMs: 30_000 });
});
afterAll(async () => {
  await client.close();
  await hasty.close();
  await guarded.close();
  await server.close();
});

/** What a post comes to when the receiver answers so. */
const post = (answer: Answer, path = '/hook', secrets: readonly string[] = [], by = client) => {
  server.answerWith(() => answer);
  const headers = { 'webhook-id': 'evt_1' };
  return by.post({ url: `${server.origin}${path}`, headers, body: '{"a":"ž"}', secrets });
};

describe('a post', () => {
  test('sends just what it was given, and shows the beginning of the answer', async () => {
    const outcome = await post({ status: 202, body: 'thank you' }, '/hook?tenant=acme');
    expect(outcome).toEqual({ kind: 'answered', status: 202, excerpt: 'thank you', durationMs: expect.any(Number) });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', body: '{"a":"ž"}', headers: { 'webhook-id': 'evt_1' } });
    expect(`${request?.url.pathname}${request?.url.search}`).toBe('/hook?tenant=acme');
  });

  test.each([301, 302, 303, 307, 308])('follows no redirect (%i)', async (status) => {
    const location = `${server.origin}/elsewhere`;
    expect(await post({ status, headers: { location } })).toMatchObject({ kind: 'answered', status });
    expect(server.requests).toHaveLength(1);
  });

  test('reads Retry-After as seconds and as a date by the receiver’s own clock', async () => {
    const seconds = { status: 429, headers: { 'retry-after': '120' } };
    expect(await post(seconds)).toMatchObject({ status: 429, retryAfterMs: 120_000 });
    const date = { date: 'Tue, 15 Nov 1994 08:12:31 GMT', 'retry-after': 'Tue, 15 Nov 1994 08:13:31 GMT' };
    expect(await post({ status: 503, headers: date })).toMatchObject({ status: 503, retryAfterMs: 60_000 });
    const neither = { status: 503, headers: { 'retry-after': 'soon' } };
    expect(await post(neither)).not.toHaveProperty('retryAfterMs');
  });

  test('gives up on a receiver that does not answer', async () => {
    expect(await post(() => undefined, '/hook', [], hasty)).toMatchObject({
      kind: 'failed',
      problem: expect.stringContaining('within 0.4 seconds'),
    });
  });

  test('takes the status for the answer when the body does not end, or never stops', async () => {
    const shortly = createWebhookClient({ allowPrivateAddresses: true, timeoutMs: 3_000 });
    const begun = await post((response) => void response.writeHead(200).write('begun'), '/hook', [], shortly);
    await shortly.close();
    expect(begun).toMatchObject({ kind: 'answered', status: 200, excerpt: 'begun' });
    const outcome = await post((response) => {
      response.writeHead(200);
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), more);
      };
      more();
    });
    expect(outcome).toMatchObject({ kind: 'answered', status: 200, excerpt: 'x'.repeat(1000) });
  });

  test('shows no secret, whatever the answer quotes, and nothing that is not text', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const quoting = { status: 400, body: `bad\u0000\u001b[31m ${'y'.repeat(975)}${secret}` };
    const outcome = await post(quoting, '/hook', [secret]);
    const excerpt = outcome.kind === 'answered' ? (outcome.excerpt ?? '') : '';
    expect(excerpt).not.toContain('whsec_');
    expect(excerpt.startsWith('bad  [31m y')).toBe(true);
    const packed = { headers: { 'content-encoding': 'gzip' }, body: gzipSync('x'.repeat(100_000)) };
    expect(await post(packed)).not.toHaveProperty('excerpt');
  });

  test('waits for no other one to the same host: one receiver there may be slow', async () => {
    const count = 64;
    const waiting: ServerResponse[] = [];
    server.answerWith(() => (response) => {
      waiting.push(response);
      // Nobody is answered before all are there.
      if (waiting.length === count) for (const each of waiting) each.end('at last');
    });
    const request = { url: `${server.origin}/hook`, headers: {}, body: '{}', secrets: [] };
    const outcomes = await Promise.all(Array.from({ length: count }, () => client.post(request)));
    expect(outcomes.filter(({ kind }) => kind !== 'answered')).toEqual([]);
  });

  test('that cannot be made is told in words', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const request = { headers: {}, body: '', secrets: [] };
    expect(await client.post({ ...request, url: `http://127.0.0.1:${port}/?token=hidden` })).toMatchObject({
      kind: 'failed',
      problem: expect.stringMatching(/^(?!.*hidden).*the connection was refused/),
    });
    expect(await post((response) => void response.destroy())).toMatchObject({ kind: 'failed' });
  });
});

describe('where only public addresses may be posted to', () => {
  test.each([
    ['http://receiver.example/', 'must be https'],
    ['https://127.0.0.1/', 'must be at a public address'],
    ['https://10.1.2.3/', 'must be at a public address'],
    ['https://169.254.169.254/latest/meta-data', 'must be at a public address'],
    ['https://[::1]/', 'must be at a public address'],
    ['https://[::ffff:127.0.0.1]/', 'must be at a public address'],
    ['https://0x7f.1/', 'must be at a public address'],
    ['https://2130706433/', 'must be at a public address'],
    ['ftp://receiver.example/', 'must be https'],
    ['not a url', 'must be an absolute URL'],
    ['https://receiver.example/', undefined],
    ['https://[2606:4700::1]/', undefined],
  ])('%s: %s', (url, problem) => {
    expect(guarded.check(url)).toBe(problem);
  });

  test('neither an address nor a name of this machine is connected to', async () => {
    const { port } = new URL(server.origin);
    const before = server.connections();
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      const outcome = await guarded.post({ url: `https://${host}:${port}/`, headers: {}, body: '', secrets: [] });
      expect(outcome).toMatchObject({ kind: 'failed', problem: expect.stringContaining('public address') });
    }
    expect(server.connections()).toBe(before);
  });
});

test('where private addresses may be posted to, metadata services still may not', () => {
  expect(client.check('http://127.0.0.1/')).toBeUndefined();
  expect(client.check('http://169.254.169.254/')).toBe('must be at a public address');
});
