import { BlobServiceClient } from '@azure/storage-blob';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../../local/azurite.ts';
import { ask, commonJsSettings, type RunningHost, runHost } from './run-host.ts';

interface Seen {
  readonly queue: string;
  readonly entry: unknown;
  readonly dequeueCount?: number;
  readonly metadata?: Record<string, unknown>;
}

let azurite: Azurite;
let queues: QueueServiceClient;
const hosts: RunningHost[] = [];

const startHost = async (env: Record<string, string> = {}): Promise<RunningHost> => {
  const host = await runHost('commonjs', { ...commonJsSettings(azurite.connectionString), ...env });
  hosts.push(host);
  return host;
};
const send = async (queueName: string, text: string): Promise<QueueClient> => {
  const queue = queues.getQueueClient(queueName);
  await queue.createIfNotExists();
  await queue.sendMessage(Buffer.from(text).toString('base64'));
  return queue;
};
const seenIn = async (queue: string, ...from: RunningHost[]): Promise<Seen[]> =>
  (await Promise.all(from.map((host) => ask<Seen[]>(host, 'seen')))).flat().filter((seen) => seen.queue === queue);
const messagesLeft = async (queue: QueueClient): Promise<number> =>
  (await queue.getProperties()).approximateMessagesCount ?? -1;

const patience = { timeout: 30_000, interval: 100 };

let host: RunningHost;
beforeAll(async () => {
  azurite = await startAzurite();
  queues = QueueServiceClient.fromConnectionString(azurite.connectionString);
  host = await startHost();
});
afterAll(async () => {
  await Promise.all(hosts.map((running) => running.stop()));
  await azurite.close();
});

test('outputs of a function become messages and a blob, and the messages wake other functions', async () => {
  const messages = ['plain text', { nested: { value: 1 } }, 7];
  const response = await fetch(`${host.ready.url}/api/send`, { method: 'POST', body: JSON.stringify(messages) });
  expect(response.status).toBe(202);

  await expect.poll(() => seenIn('followed', host), patience).toHaveLength(3);
  const many = await seenIn('many', host);
  expect(many.map((seen) => JSON.stringify(seen.entry)).sort()).toEqual([
    '"plain text"',
    '7',
    '{"nested":{"value":1}}',
  ]);
  expect(many[0]?.metadata).toMatchObject({
    dequeueCount: 1,
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    insertionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    expirationTime: expect.stringMatching(/^\d{4}-/),
    nextVisibleTime: expect.stringMatching(/^\d{4}-/),
    popReceipt: expect.any(String),
  });
  const followed = await seenIn('followed', host);
  expect(followed.map((seen) => seen.entry)).toContain('after "plain text"');

  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('copies');
  const blob = await container.getBlobClient('latest.txt').downloadToBuffer();
  expect(JSON.parse(blob.toString())).toEqual(messages);
});

test('a message that keeps failing is tried three times and ends in the poison queue, whose function runs', async () => {
  const queue = await send('failing', JSON.stringify({ bad: 'ü' }));
  await expect
    .poll(() => seenIn('failing-poison', host), patience)
    .toEqual([{ queue: 'failing-poison', entry: { bad: 'ü' } }]);
  const tries = await seenIn('failing', host);
  expect(tries.map((seen) => seen.dequeueCount)).toEqual([1, 2, 3]);
  await expect.poll(() => messagesLeft(queue), patience).toBe(0);
});

test('a message that is not base64 goes to the poison queue and does not run', async () => {
  const queue = queues.getQueueClient('many');
  await queue.createIfNotExists();
  await queue.sendMessage('{"raw":"text"}');
  const poison = queues.getQueueClient('many-poison');
  await poison.createIfNotExists();
  await expect.poll(() => messagesLeft(poison), patience).toBe(1);
  const { peekedMessageItems } = await poison.peekMessages();
  expect(peekedMessageItems[0]?.messageText).toBe('{"raw":"text"}');
  expect(host.stderr()).toContain('is not base64');
});

test('a run longer than the lease keeps its message', async () => {
  const short = await startHost({ CASTIEL_HOST_QUEUE_LEASE_SECONDS: '2', 'AzureWebJobs.many.Disabled': '1' });
  // The first host must not take it.
  await host.stop();
  const queue = await send('long', 'renewed');
  await expect.poll(() => short.stderr(), patience).toContain('long message renewed done');
  await expect.poll(() => messagesLeft(queue), patience).toBe(0);
  expect(await seenIn('long', short)).toHaveLength(1);
  await short.stop();
});

test('what a killed host had in its hands runs again elsewhere', async () => {
  const killed = await startHost({ CASTIEL_HOST_QUEUE_LEASE_SECONDS: '2' });
  const queue = await send('long', 'survivor');
  await expect.poll(() => killed.stderr(), patience).toContain('long message survivor begun');
  await killed.stop('SIGKILL');
  const next = await startHost();
  await expect.poll(() => next.stderr(), patience).toContain('long message survivor done');
  await expect.poll(() => messagesLeft(queue), patience).toBe(0);
  await next.stop();
});

test('two hosts share a queue: every message runs once', async () => {
  const [first, second] = await Promise.all([startHost(), startHost()]);
  const entries = Array.from({ length: 60 }, (_, index) => `entry ${index}`);
  await Promise.all(entries.map((entry) => send('followed', JSON.stringify({ entry }))));
  await expect.poll(() => seenIn('followed', first, second), patience).toHaveLength(entries.length);
  const seen = (await seenIn('followed', first, second)).map((one) => (one.entry as { entry: string }).entry);
  expect(seen.sort()).toEqual(entries.sort());
  expect(await seenIn('followed', first)).not.toHaveLength(0);
  expect(await seenIn('followed', second)).not.toHaveLength(0);
});
