import type { SyncPagesEnvelope } from '../core/envelope.ts';
import type { SyncQueue } from '../core/ports.ts';
import type { ClaimCheck } from './claim-check.ts';
import { type Storage, storageErrorCode } from './storage.ts';

export const syncQueueName = 'sync-pages';

const longestDelaySeconds = 7 * 86_400;
const neverExpires = -1;

/**
 * The queue `sync-pages` and, as the Functions host names it, `sync-pages-poison`: base64 JSON, as that host expects it. A queue is created
 * when it is first missed.
 */
export class StorageSyncQueue implements SyncQueue {
  readonly #storage: Storage;
  readonly #claimCheck: ClaimCheck;
  readonly #name: string;

  constructor(storage: Storage, claimCheck: ClaimCheck, name: string = syncQueueName) {
    this.#storage = storage;
    this.#claimCheck = claimCheck;
    this.#name = name;
  }

  async send(envelope: SyncPagesEnvelope, delayMs = 0): Promise<void> {
    const visibilityTimeout = Math.min(Math.max(Math.ceil(delayMs / 1000), 0), longestDelaySeconds);
    await this.#put(this.#name, envelope, visibilityTimeout);
  }

  async collect(delivered: unknown): Promise<unknown> {
    return this.#claimCheck.collect(delivered);
  }

  async setAside(delivered: unknown, reason: string): Promise<void> {
    await this.#put(`${this.#name}-poison`, { reason, delivered }, 0);
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
