import type { PeekedMessageItem } from '@azure/storage-queue';
import type { QueueMeasure, WorkQueue } from '../core/ports.ts';
import type { ClaimCheck } from './claim-check.ts';
import { type Storage, storageErrorCode } from './storage.ts';

const longestDelaySeconds = 7 * 86_400;
const neverExpires = -1;
/** As many as the service shows at once; they are the ones that come next. */
const mostPeeked = 32;

/** What a message may say besides its content: when it is due. Set by the queue. */
interface Delayed {
  readonly dueAt?: string | undefined;
}

/**
 * A queue and, as the Functions host names it, its `-poison` queue: base64 JSON, as that host expects it. A queue is created when it is first
 * missed.
 */
export class StorageWorkQueue<Envelope extends Delayed> implements WorkQueue<Envelope> {
  readonly #storage: Storage;
  readonly #claimCheck: ClaimCheck;
  readonly #nowMs: () => number;
  readonly #name: string;

  constructor(storage: Storage, claimCheck: ClaimCheck, nowMs: () => number, name: string) {
    this.#storage = storage;
    this.#claimCheck = claimCheck;
    this.#nowMs = nowMs;
    this.#name = name;
  }

  async send({ dueAt: _dueAt, ...envelope }: Envelope, delayMs = 0): Promise<void> {
    const visibilityTimeout = Math.min(Math.max(Math.ceil(delayMs / 1000), 0), longestDelaySeconds);
    const dueAt = new Date(this.#nowMs() + visibilityTimeout * 1000).toISOString();
    await this.#put(this.#name, visibilityTimeout === 0 ? envelope : { ...envelope, dueAt }, visibilityTimeout);
  }

  async measure(): Promise<QueueMeasure> {
    const [waiting, poison] = await Promise.all([this.#look(this.#name), this.#look(`${this.#name}-poison`)]);
    const oldestMs = Math.max(0, ...waiting.visible.map((message) => this.#nowMs() - waitingSinceMs(message)));
    return { depth: waiting.depth, poison: poison.depth, ...(waiting.visible.length === 0 ? {} : { oldestMs }) };
  }

  async collect(delivered: unknown): Promise<unknown> {
    return this.#claimCheck.collect(delivered);
  }

  async setAside(delivered: unknown, reason: string): Promise<void> {
    await this.#put(`${this.#name}-poison`, { reason, delivered }, 0);
  }

  /** A queue that was never needed is empty. */
  async #look(name: string): Promise<{ depth: number; visible: PeekedMessageItem[] }> {
    const queue = (await this.#storage.queues()).getQueueClient(name);
    try {
      const [{ approximateMessagesCount = 0 }, { peekedMessageItems }] = await Promise.all([
        queue.getProperties(),
        queue.peekMessages({ numberOfMessages: mostPeeked }),
      ]);
      return { depth: approximateMessagesCount, visible: peekedMessageItems };
    } catch (error) {
      if (storageErrorCode(error) === 'QueueNotFound') return { depth: 0, visible: [] };
      throw error;
    }
  }

  async #put(name: string, message: unknown, visibilityTimeout: number): Promise<void> {
    const queue = (await this.#storage.queues()).getQueueClient(name);
    const text = Buffer.from(await this.#claimCheck.deposit(message)).toString('base64');
    const send = () => queue.sendMessage(text, { visibilityTimeout, messageTimeToLive: neverExpires });
    try {
      await send();
    } catch (error) {
      if (storageErrorCode(error) !== 'QueueNotFound') throw error;
      await queue.createIfNotExists();
      await send();
    }
  }
}

/** From when a message could be received, as epoch milliseconds; the service itself tells only when it was sent. */
function waitingSinceMs({ messageText, insertedOn }: PeekedMessageItem): number {
  const dueAt = /"dueAt":"([^"]+)"/.exec(Buffer.from(messageText, 'base64').toString('utf8'))?.[1];
  return Math.max(insertedOn.getTime(), Date.parse(dueAt ?? '') || 0);
}
