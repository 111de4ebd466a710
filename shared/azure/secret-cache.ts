interface CachedSecret {
  readonly value: string;
  readonly untilMs: number;
}

/**
 * A bounded memory of secrets by vault name and version. Versions never change, so only erasing makes an entry wrong; the short life
 * bounds how long another instance goes on using an erased one.
 */
export class SecretCache {
  readonly #capacity: number;
  readonly #lifeMs: number;
  readonly #nowMs: () => number;
  readonly #entries = new Map<string, CachedSecret>();

  constructor(capacity: number, lifeMs: number, nowMs: () => number) {
    this.#capacity = capacity;
    this.#lifeMs = lifeMs;
    this.#nowMs = nowMs;
  }

  get(vaultName: string, version: string): string | undefined {
    const place = `${vaultName}/${version}`;
    const entry = this.#entries.get(place);
    if (entry === undefined) return undefined;
    if (entry.untilMs > this.#nowMs()) return entry.value;
    this.#entries.delete(place);
    return undefined;
  }

  set(vaultName: string, version: string, value: string): void {
    const place = `${vaultName}/${version}`;
    this.#entries.delete(place);
    this.#entries.set(place, { value, untilMs: this.#nowMs() + this.#lifeMs });
    if (this.#entries.size <= this.#capacity) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }

  forget(vaultName: string): void {
    for (const place of this.#entries.keys()) {
      if (place.startsWith(`${vaultName}/`)) this.#entries.delete(place);
    }
  }
}
