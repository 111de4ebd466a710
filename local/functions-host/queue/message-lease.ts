import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import { storageErrorCode } from '../storage.ts';

/** A message that this host has received and that others do not see while the lease is renewed. */
export interface MessageLease {
  /** Removes the message from the queue. */
  remove(): Promise<void>;
  /** Lets others see the message after that time. */
  release(delayMs: number): Promise<void>;
  /** Ends the renewal and leaves the message hidden until the lease runs out. */
  abandon(): Promise<void>;
}

/**
 * Renews a received message's invisibility at half of its time until one of the methods is called. Every renewal gives
 * a new pop receipt; the methods wait for a renewal that is under way.
 * @param onFailed is told when a renewal fails; the next one may still come in time, unless the message is someone else's
 */
export const holdMessage = (
  queue: QueueClient,
  message: DequeuedMessageItem,
  leaseSeconds: number,
  onFailed: (error: unknown) => void,
): MessageLease => {
  let popReceipt = message.popReceipt;
  let renewal = Promise.resolve();
  const renew = async (): Promise<void> => {
    try {
      const renewed = await queue.updateMessage(message.messageId, popReceipt, undefined, leaseSeconds);
      popReceipt = renewed.popReceipt ?? popReceipt;
    } catch (error) {
      if (isTaken(error)) {
        clearInterval(timer);
      }
      onFailed(error);
    }
  };
  const timer = setInterval(() => {
    renewal = renewal.then(renew);
  }, leaseSeconds * 500);
  const end = async (): Promise<void> => {
    clearInterval(timer);
    await renewal;
  };
  return {
    remove: async () => {
      await end();
      await queue.deleteMessage(message.messageId, popReceipt);
    },
    release: async (delayMs) => {
      await end();
      await queue.updateMessage(message.messageId, popReceipt, undefined, Math.ceil(delayMs / 1000));
    },
    abandon: end,
  };
};

/** Someone else has received the message since, or has removed it. */
export const isTaken = (error: unknown): boolean =>
  ['MessageNotFound', 'PopReceiptMismatch'].includes(storageErrorCode(error) ?? '');
