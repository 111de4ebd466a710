import { RetryLaterError } from '../errors.ts';

/**
 * What may be spent a second. A request is let in as long as anything is left, and may then spend more than that: what it
 * overspends is missing from the seconds that follow, as in the service.
 */
export class Budget {
  ruPerSecond: number;
  readonly #now: () => number;
  #left: number;
  #at: number;

  /** @param now milliseconds of a clock that never goes back. */
  constructor(ruPerSecond: number, now: () => number = () => performance.now()) {
    this.ruPerSecond = ruPerSecond;
    this.#now = now;
    this.#left = ruPerSecond;
    this.#at = now();
  }

  /** @throws RetryLaterError 429 when the budget is spent. */
  admit(): void {
    const now = this.#now();
    this.#left = Math.min(this.ruPerSecond, this.#left + ((now - this.#at) / 1000) * this.ruPerSecond);
    this.#at = now;
    if (this.#left > 0) return;
    const retryAfterMs = Math.max(1, Math.ceil((-this.#left / this.ruPerSecond) * 1000));
    throw new RetryLaterError(
      429,
      'Request rate is large. More Request Units may be needed, so no changes were made. Please retry this request later.',
      3200,
      retryAfterMs,
    );
  }

  spend(charge: number): void {
    this.#left -= charge;
  }
}

interface Owner {
  readonly rid: string;
  readonly throughput: number | null;
}

/** The budgets of containers, or of the databases whose throughput they share. */
export class Budgets {
  readonly #budgets = new Map<string, Budget>();

  /** The budget of a container; undefined when there is no limit. */
  of(limit: 'offers' | number | undefined, container: Owner, database: Owner): Budget | undefined {
    if (limit === undefined) return undefined;
    const owner = limit === 'offers' && container.throughput === null ? database : container;
    const ruPerSecond = limit === 'offers' ? owner.throughput : limit;
    if (ruPerSecond === null) return undefined;
    const known = this.#budgets.get(owner.rid);
    const budget = known ?? new Budget(ruPerSecond);
    budget.ruPerSecond = ruPerSecond;
    if (known === undefined) this.#budgets.set(owner.rid, budget);
    return budget;
  }

  /** Everything spent so far is forgotten. */
  clear(): void {
    this.#budgets.clear();
  }
}
