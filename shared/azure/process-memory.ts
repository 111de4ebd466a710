import type { ShortMemory } from '../core/ports.ts';
import { ExpiringCache } from './expiring-cache.ts';

const capacity = 1000;

/** Holds values for a moment, in this process only. */
export class ProcessMemory<T> implements ShortMemory<T> {
  readonly #entries: ExpiringCache<T>;
  readonly #lifeMs: number;
  readonly #nowMs: () => number;
  readonly #reading = new Map<string, Promise<unknown>>();

  constructor(lifeMs: number, nowMs: () => number) {
    this.#entries = new ExpiringCache(capacity, nowMs);
    this.#lifeMs = lifeMs;
    this.#nowMs = nowMs;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: T): void {
    this.#entries.set(key, value, this.#nowMs() + this.#lifeMs);
  }

  share<R>(key: string, read: () => Promise<R>): Promise<R> {
    const present = this.#reading.get(key);
    if (present !== undefined) return present as Promise<R>;
    const reading = read().finally(() => {
      if (this.#reading.get(key) === reading) this.#reading.delete(key);
    });
    this.#reading.set(key, reading);
    return reading;
  }

  forget(key: string): void {
    this.#reading.delete(key);
    this.#entries.forget((each) => each === key);
  }
}
