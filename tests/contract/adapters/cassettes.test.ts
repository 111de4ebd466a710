import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ClosableOpenCall, createOpenCall } from '../../../adapters/kit/open-call.ts';
import { findAdapter } from '../../../adapters/registry.ts';
import type { AdapterCall, Credential, PullPage } from '../../../shared/core/adapter.ts';
import { parseCassette } from '../../kit/cassettes/cassette.ts';
import { CassettePlayer, type PlayOptions } from '../../kit/cassettes/player.ts';
import { CassetteRecorder } from '../../kit/cassettes/recorder.ts';
import { textsWith } from '../../kit/find-secret.ts';
import { caughtFailure } from './caught-failure.ts';
import { customRestCase as given } from './custom-rest-case.ts';
import { type FixtureServer, startFixtureServer } from './fixture-server.ts';

const adapter = findAdapter('custom-rest');
if (adapter?.pull === undefined) throw new Error('custom-rest must pull');
const { pull } = adapter;
const recordedKey = given.credential.kind === 'api-key' ? given.credential.key : '';
const otherKey = { kind: 'api-key', key: 'another key of this test' } as const satisfies Credential;

let server: FixtureServer;
beforeAll(async () => {
  server = await startFixtureServer();
});
beforeEach(() => {
  // Else two recordings differ where a second ends between them.
  const date = 'Tue, 15 Nov 1994 08:12:31 GMT';
  server.answerWith((request) => {
    const answer = given.provider(request);
    return typeof answer === 'function' ? answer : { ...answer, headers: { date, ...answer.headers } };
  });
});
afterAll(async () => {
  await server.close();
});

async function withCall<T>(
  wrapWire: CassetteRecorder['wrapWire'],
  credential: Credential,
  use: (call: AdapterCall) => Promise<T>,
): Promise<T> {
  const openCall: ClosableOpenCall = createOpenCall({ allowPrivateAddresses: true, timeoutMs: 5_000, wrapWire });
  try {
    return await use(openCall({ adapter: adapter ?? fail(), settings: given.settings(server.origin), credential }));
  } finally {
    await openCall.close();
  }
}

function fail(): never {
  throw new Error('custom-rest is not in the registry');
}

async function readAll(call: AdapterCall, pageSize = given.pageSize): Promise<PullPage[]> {
  await adapter?.check(call);
  const pages: PullPage[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await pull(call, { object: given.object, pageSize, cursor });
    pages.push(page);
    if (page.done) return pages;
    cursor = page.next;
  }
}

async function record(): Promise<{ text: string; pages: PullPage[] }> {
  const recorder = new CassetteRecorder({ key: recordedKey });
  const pages = await withCall(recorder.wrapWire, given.credential, readAll);
  return { text: recorder.write(), pages };
}

async function play<T>(
  text: string,
  use: (call: AdapterCall) => Promise<T>,
  options: PlayOptions = { secrets: { key: otherKey.key } },
): Promise<T> {
  const player = new CassettePlayer(parseCassette(text), options);
  server.answerWith(() => {
    throw new Error('the provider was called');
  });
  const result = await withCall(player.wrapWire, otherKey, use).catch((error: unknown) => error as T);
  player.finish();
  return result;
}

test('what an adapter read is read again without its provider, with another key', async () => {
  const { text, pages } = await record();
  expect(await play(text, readAll)).toEqual(pages);
  expect(server.requests).toEqual([]);
  expect(textsWith(recordedKey, [text])).toEqual([]);
});

test('a second recording of the same is the same file', async () => {
  expect((await record()).text).toBe((await record()).text);
});

test('a call that differs says in what', async () => {
  const { text } = await record();
  await expect(play(text, (call) => readAll(call, 3))).rejects.toThrow(
    /GET .*companies\?limit=3 is not exchange 2 .*: the parameter "limit" differs: recorded was \["2"\], now it is \["3"\]/,
  );
});

test('a call of another kind says in what', async () => {
  const { text } = await record();
  const call = async ({ http }: AdapterCall) => http({ url: '/me', method: 'POST', body: { a: 1 } });
  await expect(play(text, call)).rejects.toThrow('the method differs: recorded was "GET", now it is "POST"');
});

test('one with a credential that was not told is told without it', async () => {
  const { text } = await record();
  const error = await play(text, readAll, {}).then(fail, (caught: Error) => caught);
  expect(error.message).toContain('the header "x-api-key" differs');
  expect(textsWith(otherKey.key, [error.message])).toEqual([]);
});

test('a call too many, and calls too few, are errors', async () => {
  const { text } = await record();
  const readTwice = async (call: AdapterCall) => {
    await readAll(call);
    return readAll(call);
  };
  await expect(play(text, readTwice)).rejects.toThrow('GET http://127.0.0.1');
  await expect(play(text, readTwice)).rejects.toThrow('was called after the end of the cassette');
  await expect(play(text, async (call) => adapter?.check(call))).rejects.toThrow(
    /4 of 5 exchanges were not used, the first is exchange 2 \(call GET .*companies\?limit=2\)/,
  );
});

test('failures come as they came: a status, a connection that breaks, what is no JSON', async () => {
  const answers = [
    { status: 429, headers: { 'retry-after': '7' } },
    (response: import('node:http').ServerResponse) => response.destroy(),
    { body: '<html>', headers: { 'content-type': 'text/html' } },
    { json: { account: 'demo' } },
  ];
  const outcomes = async (call: AdapterCall) => {
    const found = [];
    for (const _ of answers) {
      const failure = await adapter?.check(call).then(
        () => 'none',
        (error: { kind: string; message: string; retryAfterMs?: number }) =>
          `${error.kind} ${error.message} ${error.retryAfterMs}`,
      );
      found.push(failure);
    }
    return found;
  };
  let next = 0;
  server.answerWith(() => answers[next++] ?? {});
  const recorder = new CassetteRecorder({ key: recordedKey });
  const recorded = await withCall(recorder.wrapWire, given.credential, outcomes);
  expect(recorded.map((outcome) => outcome?.split(' ')[0])).toEqual([
    'rate-limited',
    'unavailable',
    'unexpected-response',
    'none',
  ]);
  expect(await play(recorder.write(), outcomes)).toEqual(recorded);
});

test('a body that cannot be decompressed keeps the cassette from being written', async () => {
  server.answerWith(() => ({ body: 'no gzip', headers: { 'content-encoding': 'gzip' } }));
  const recorder = new CassetteRecorder({ key: recordedKey });
  const failure = await withCall(recorder.wrapWire, given.credential, (call) =>
    caughtFailure(adapter?.check(call) ?? fail()),
  );
  expect(failure.kind).toBe('unexpected-response');
  expect(() => recorder.write()).toThrow('A body of exchange 1 cannot be decompressed');
});
