import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { HostJson } from '../config/host-json.ts';
import { type Dispatch, InvocationError } from '../dispatch.ts';
import type { HostFunction, QueueTrigger } from '../functions.ts';
import { describeError, type Log } from '../log.ts';
import { sendCreatingQueue } from '../outputs.ts';
import type { TypedData } from '../worker/rpc.ts';
import { holdMessage, isTaken, type MessageLease } from './message-lease.ts';
import { decodeMessage } from './message-text.ts';

export interface QueueContext {
  readonly hostFunction: HostFunction<QueueTrigger>;
  readonly queue: QueueClient;
  /** Absent for a function on a poison queue. */
  readonly poisonQueue: QueueClient | undefined;
  readonly settings: HostJson['extensions']['queues'];
  readonly leaseSeconds: number;
  readonly dispatch: Dispatch;
  readonly log: Log;
}

/**
 * Runs the function for one received message and settles the message: removed after success, visible again after a
 * failure, moved to the poison queue when it has failed often enough. Never rejects: what cannot be settled is logged
 * and comes back when its lease runs out.
 */
export const processMessage = async (context: QueueContext, message: DequeuedMessageItem): Promise<void> => {
  const { hostFunction, queue, leaseSeconds, log } = context;
  const category = `Host.Triggers.Queue.${hostFunction.name}`;
  const lease = holdMessage(queue, message, leaseSeconds, (error) =>
    log('warning', category, `The lease of message ${message.messageId} is not renewed: ${describeError(error)}`),
  );
  try {
    await settle(context, message, lease, category);
  } catch (error) {
    const reason = isTaken(error) ? 'it has been received elsewhere' : describeError(error);
    log('warning', category, `Message ${message.messageId} could not be settled and may run again: ${reason}`);
  } finally {
    await lease.abandon();
  }
};

const settle = async (
  context: QueueContext,
  message: DequeuedMessageItem,
  lease: MessageLease,
  category: string,
): Promise<void> => {
  const { settings, poisonQueue, log } = context;
  const body = decodeMessage(message.messageText, settings.messageEncoding);
  if (body === undefined || (poisonQueue !== undefined && message.dequeueCount > settings.maxDequeueCount)) {
    const reason = body === undefined ? 'is not base64' : `was received ${message.dequeueCount} times`;
    await moveToPoison(context, message, lease, reason);
    return;
  }
  if (await succeeds(context, message, body)) {
    await lease.remove();
    return;
  }
  if (poisonQueue === undefined) {
    log('warning', category, `Message ${message.messageId} stays hidden until its lease runs out`);
    await lease.abandon();
  } else if (message.dequeueCount >= settings.maxDequeueCount) {
    await moveToPoison(context, message, lease, `has failed ${message.dequeueCount} times`);
  } else {
    await lease.release(settings.visibilityTimeout);
  }
};

const succeeds = async (context: QueueContext, message: DequeuedMessageItem, body: Buffer): Promise<boolean> => {
  const { hostFunction, dispatch } = context;
  const data = hostFunction.trigger.isBinary ? { bytes: body } : { string: body.toString('utf8') };
  try {
    await dispatch.run(hostFunction, { data, metadata: toMetadata(message, data) });
    return true;
  } catch (error) {
    if (error instanceof InvocationError) {
      return false;
    }
    throw error;
  }
};

/** Dates and counts go as JSON; the library gives the names a small first letter. */
const toMetadata = (message: DequeuedMessageItem, data: TypedData): Record<string, TypedData> => ({
  QueueTrigger: data,
  DequeueCount: { int: message.dequeueCount },
  ExpirationTime: { json: JSON.stringify(message.expiresOn) },
  Id: { string: message.messageId },
  InsertionTime: { json: JSON.stringify(message.insertedOn) },
  NextVisibleTime: { json: JSON.stringify(message.nextVisibleOn) },
  PopReceipt: { string: message.popReceipt },
});

/** Copies first, then removes: a crash in between leaves a second copy, never none. */
const moveToPoison = async (
  context: QueueContext,
  message: DequeuedMessageItem,
  lease: MessageLease,
  reason: string,
): Promise<void> => {
  const { hostFunction, poisonQueue, log } = context;
  const category = `Host.Triggers.Queue.${hostFunction.name}`;
  if (poisonQueue === undefined) {
    log(
      'error',
      category,
      `Message ${message.messageId} ${reason}; a poison queue has no poison queue: it stays hidden`,
    );
    return;
  }
  log('warning', category, `Message ${message.messageId} ${reason}: moving it to "${poisonQueue.name}"`);
  await sendCreatingQueue(poisonQueue, message.messageText);
  await lease.remove();
};
