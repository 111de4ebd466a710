import { QueueClient } from '@azure/storage-queue';
import type { SyncPagesEnvelope } from '../../shared/core/envelope.ts';
import { pollUntil } from './poll-until.ts';
import type { RunningTwin } from './running-twin.ts';

/** The queue `sync-pages` of a twin and its poison queue, from outside of the app. */
export interface SyncMessages {
  /** Sends a message's text, in base64 as the host expects it. */
  sendText(text: string): Promise<void>;
  sendAsIs(text: string): Promise<void>;
  send(envelope: SyncPagesEnvelope): Promise<void>;
  /** Resolves when nothing waits in the queue and nothing is being worked on. */
  drained(): Promise<void>;
  /** Texts of what lies in the poison queue, decoded. */
  poisoned(): Promise<string[]>;
}

export async function openSyncMessages({ twin }: RunningTwin): Promise<SyncMessages> {
  const { connectionString } = twin.azurite;
  const queue = new QueueClient(connectionString, 'sync-pages');
  const poison = new QueueClient(connectionString, 'sync-pages-poison');
  await Promise.all([queue.createIfNotExists(), poison.createIfNotExists()]);
  const sendText = async (text: string) => void (await queue.sendMessage(Buffer.from(text).toString('base64')));
  return {
    sendText,
    sendAsIs: async (text) => void (await queue.sendMessage(text)),
    send: (envelope) => sendText(JSON.stringify(envelope)),
    drained: async () => {
      await pollUntil('The end of all messages', async () => {
        const { approximateMessagesCount } = await queue.getProperties();
        return approximateMessagesCount === 0 || undefined;
      });
    },
    poisoned: async () => {
      const { peekedMessageItems } = await poison.peekMessages({ numberOfMessages: 32 });
      return peekedMessageItems.map(({ messageText }) => {
        const decoded = Buffer.from(messageText, 'base64').toString('utf8');
        return decoded.startsWith('{') ? decoded : messageText;
      });
    },
  };
}
