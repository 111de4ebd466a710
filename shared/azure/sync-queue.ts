import type { SyncPagesEnvelope } from '../core/envelope.ts';
import type { SyncQueue } from '../core/ports.ts';
import type { ClaimCheck } from './claim-check.ts';
import { type Storage, storageErrorCode } from './storage.ts';

export const syncQueueName = 'sync-pages';

const longestDelaySeconds = 7 * 86_400;
const neverExpires = -1;

/** The queue `sync-pages`: base64 JSON, as the Functions host expects it. The queue is created when it is first missed. */
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
    await this.#post(this.#name, await this.#claimCheck.deposit(envelope), delayMs);
  }

  collect(delivered: unknown): Promise<unknown> {
    return this.#claimCheck.collect(delivered);
  }

  async setAside(delivered: unknown, reason: string): Promise<void> {
    const body = JSON.stringify(delivered) ?? '';
    await this.#post(
      `${this.#name}-poison`,
      await this.#claimCheck.deposit({ reason, body, at: new Date().toISOString() }),
      0,
    );
  }

  async #post(name: string, json: string, delayMs: number): Promise<void> {
    const queue = (await this.#storage.queues()).getQueueClient(name);
    const text = Buffer.from(json).toString('base64');
    const visibilityTimeout = Math.min(Math.max(Math.ceil(delayMs / 1000), 0), longestDelaySeconds);
    const post = () => queue.sendMessage(text, { visibilityTimeout, messageTimeToLive: neverExpires });
    try {
      await post();
    } catch (error) {
      if (storageErrorCode(error) !== 'QueueNotFound') throw error;
      await queue.createIfNotExists();
      await post();
    }
  }
}
