import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';
import { ClaimCheck } from '../../../shared/azure/claim-check.ts';
import { openStorage, type Storage } from '../../../shared/azure/storage.ts';
import { StorageWorkQueue } from '../../../shared/azure/work-queue.ts';
import type { SyncPagesEnvelope } from '../../../shared/core/envelope.ts';
import { sampleTenant } from '../../kit/sample-documents.ts';
import { workQueueSuite } from './work-queue-suite.ts';

let azurite: Azurite;
let storage: Storage;
let name: string;
let queue: StorageWorkQueue<SyncPagesEnvelope>;
let nowMs: number;

beforeAll(async () => {
  azurite = await startAzurite();
  const access = { kind: 'connection-string', connectionString: azurite.connectionString } as const;
  storage = openStorage(access, async () => {
    throw new Error('A connection string is given: no identity is needed');
  });
});
beforeEach(() => {
  name = sampleTenant();
  nowMs = Date.now();
  queue = new StorageWorkQueue(storage, new ClaimCheck(storage), () => nowMs, name);
});
afterAll(() => azurite.close());

/** As the Functions host reads a queue: base64, then JSON; handled means deleted. */
async function receive(queueName: string): Promise<unknown[]> {
  const client = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(queueName);
  const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 });
  return Promise.all(
    receivedMessageItems.map(async (message) => {
      await client.deleteMessage(message.messageId, message.popReceipt);
      return JSON.parse(Buffer.from(message.messageText, 'base64').toString('utf8')) as unknown;
    }),
  );
}

workQueueSuite(() => ({
  queue,
  receive: () => receive(name),
  advance: (ms) => {
    nowMs += ms;
  },
  poison: () => receive(`${name}-poison`),
}));

describe('claim check', () => {
  test('a message as large as it likes arrives whole, and its Blob goes when it is handled', async () => {
    const claimCheck = new ClaimCheck(storage);
    const message = { text: 'ž'.repeat(200_000) };
    const sent = await claimCheck.deposit(message);
    expect(Buffer.byteLength(sent)).toBeLessThan(1024);
    const received: unknown = JSON.parse(sent);
    expect(await claimCheck.collect(received)).toEqual(message);
    await claimCheck.discard(received);
    await expect(claimCheck.collect(received)).rejects.toMatchObject({ statusCode: 404 });
    await claimCheck.discard(received);
  });

  test('a small message is itself', async () => {
    const claimCheck = new ClaimCheck(storage);
    const message = { text: 'x'.repeat(48 * 1024 - 11) };
    expect(JSON.parse(await claimCheck.deposit(message))).toEqual(message);
    expect(JSON.parse(await claimCheck.deposit({ text: `${message.text}x` }))).toHaveProperty('claimCheck');
    expect(await claimCheck.collect(message)).toEqual(message);
  });

  test.each([
    ['../other-container/secret', 1],
    ['00000000-0000-4000-8000-000000000000/x', 1],
  ])('a claim for %j is no claim', async (claim, bytes) => {
    const forged = { claimCheck: claim, bytes };
    expect(await new ClaimCheck(storage).collect(forged)).toEqual(forged);
  });

  test('what is set aside may be large, too', async () => {
    const delivered = { text: 'x'.repeat(100_000) };
    await queue.setAside(delivered, 'too odd');
    const [poison] = await receive(`${name}-poison`);
    expect(await queue.collect(poison)).toEqual({ delivered, reason: 'too odd' });
  });
});
