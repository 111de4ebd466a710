/** A bounded memory of values that are good until an instant. The oldest makes room for the newest. */
export class ExpiringCache<V> {
  readonly #capacity: number;
  readonly #nowMs: () => number;
  readonly #entries = new Map<string, { readonly value: V; readonly untilMs: number }>();

  constructor(capacity: number, nowMs: () => number) {
    this.#capacity = capacity;
    this.#nowMs = nowMs;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.untilMs > this.#nowMs()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** @param untilMs epoch milliseconds; from then on it is forgotten */
  set(key: string, value: V, untilMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, untilMs });
    if (this.#entries.size <= this.#capacity) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }

  forget(isForgotten: (key: string) => boolean): void {
    for (const key of this.#entries.keys()) if (isForgotten(key)) this.#entries.delete(key);
  }
}
