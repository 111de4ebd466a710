import { describeError } from '../log.ts';
import { storageErrorCode } from '../storage.ts';
import { createSleeper, pollDelayMs } from './poll-delay.ts';
import { processMessage, type QueueContext } from './process-message.ts';

export interface QueueListener {
  readonly queueUrl: string;
  /** Looks at the queue at once. */
  wake(): void;
  /** Receives no more and resolves when every message that was received is settled. */
  stop(): Promise<void>;
}

/**
 * Feeds a function from its queue: batches of `batchSize`, the next one when no more than `newBatchThreshold` messages
 * are left. A queue that does not exist is looked for again, never created.
 */
export const startQueueListener = (context: QueueContext): QueueListener => {
  const { queue, settings, hostFunction, log } = context;
  const category = `Host.Triggers.Queue.${hostFunction.name}`;
  const newBatchThreshold = settings.newBatchThreshold ?? Math.floor(settings.batchSize / 2);
  const running = new Set<Promise<void>>();
  const sleeper = createSleeper();
  let isStopped = false;

  const receive = async () => {
    try {
      const received = await queue.receiveMessages({
        numberOfMessages: settings.batchSize,
        visibilityTimeout: context.leaseSeconds,
      });
      return received.receivedMessageItems;
    } catch (error) {
      if (storageErrorCode(error) !== 'QueueNotFound') {
        log('error', category, `Queue "${queue.name}" cannot be read: ${describeError(error)}`);
      }
      return [];
    }
  };

  const poll = async (): Promise<void> => {
    let emptyPolls = 0;
    while (!isStopped) {
      const messages = await receive();
      for (const message of messages) {
        const run = processMessage(context, message).finally(() => running.delete(run));
        running.add(run);
      }
      if (messages.length === 0) {
        emptyPolls++;
        await sleeper.sleep(pollDelayMs(emptyPolls, settings.maxPollingInterval));
      } else {
        emptyPolls = 0;
        while (running.size > newBatchThreshold) {
          await Promise.race(running);
        }
      }
    }
    await Promise.all(running);
  };
  const ended = poll();

  return {
    queueUrl: queue.url,
    wake: () => sleeper.wake(),
    stop: async () => {
      isStopped = true;
      sleeper.wake();
      await ended;
    },
  };
};
