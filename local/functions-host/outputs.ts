import { randomUUID } from 'node:crypto';
import type { QueueClient } from '@azure/storage-queue';
import type { Output } from './functions.ts';
import { encodeMessage, type MessageEncoding, toMessages } from './queue/message-text.ts';
import { type Storage, storageErrorCode } from './storage.ts';
import type { TypedData } from './worker/rpc.ts';

type StoredOutput = Exclude<Output, { type: 'http' }>;

/** Delivers what a function put out. Rejects when Storage does not take it. */
export type SendOutput = (output: StoredOutput, data: TypedData) => Promise<void>;

/** How many messages of one array are sent at a time; they arrive in no particular order, as in Azure. */
const PARALLEL_SENDS = 16;

export const createSendOutput =
  (storage: Storage, encoding: MessageEncoding): SendOutput =>
  async (output, data) => {
    if (output.type === 'blob') {
      await writeBlob(storage, output.path, output.connection, data);
      return;
    }
    const queue = storage.queue(output.connection, output.queueName);
    const messages = toMessages(data);
    for (let start = 0; start < messages.length; start += PARALLEL_SENDS) {
      const batch = messages.slice(start, start + PARALLEL_SENDS);
      await Promise.all(batch.map((message) => sendCreatingQueue(queue, encodeMessage(message, encoding))));
    }
  };

/** Sends and creates the queue when there is none yet. */
export const sendCreatingQueue = async (queue: QueueClient, text: string): Promise<void> => {
  try {
    await queue.sendMessage(text);
  } catch (error) {
    if (storageErrorCode(error) !== 'QueueNotFound') {
      throw error;
    }
    await queue.createIfNotExists();
    await queue.sendMessage(text);
  }
};

const writeBlob = async (
  storage: Storage,
  path: string,
  connection: string | undefined,
  data: TypedData,
): Promise<void> => {
  const name = path.replace(/\{rand-guid\}/gi, () => randomUUID()).replace(/\{DateTime\}/gi, new Date().toISOString());
  const slash = name.indexOf('/');
  const container = storage.blobs(connection).getContainerClient(name.slice(0, slash));
  const blob = container.getBlockBlobClient(name.slice(slash + 1));
  const content = data.bytes ?? Buffer.from(data.string ?? data.json ?? String(data.int ?? data.double ?? ''), 'utf8');
  try {
    await blob.uploadData(content);
  } catch (error) {
    if (storageErrorCode(error) !== 'ContainerNotFound') {
      throw error;
    }
    await container.createIfNotExists();
    await blob.uploadData(content);
  }
};
