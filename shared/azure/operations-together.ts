import type { Container } from '@azure/cosmos';
import type { RetryBudget } from './backoff.ts';
import { type BulkOutcome, runBulk } from './cosmos-bulk.ts';
import type { KeyedOperation } from './spare-hashing.ts';

interface Waiting {
  readonly operation: KeyedOperation;
  readonly resolve: (outcome: BulkOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export interface TogetherOptions {
  /** As many requests as this are under way at once; what comes meanwhile waits and travels with the next. No limit unless given. */
  readonly requestsInFlight?: number;
}

/**
 * Sends single operations of one kind (reads, or writes) that are asked for in one turn of the event loop as one bulk request. A request costs the SDK
 * twenty times what an operation in it does, so callers that come at the same time share that cost; each still gets the answer to its own operation
 * only.
 */
export class OperationsTogether {
  readonly #open: () => Promise<Container>;
  readonly #budget: RetryBudget;
  readonly #mostRequests: number;
  #waiting: Waiting[] = [];
  #requests = 0;
  #isScheduled = false;

  constructor(open: () => Promise<Container>, budget: RetryBudget, { requestsInFlight }: TogetherOptions = {}) {
    this.#open = open;
    this.#budget = budget;
    this.#mostRequests = requestsInFlight ?? Number.POSITIVE_INFINITY;
  }

  /** Rejects as `runBulk` does. */
  run(operation: KeyedOperation): Promise<BulkOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0 || this.#requests >= this.#mostRequests) return;
    this.#isScheduled = true;
    setImmediate(() => void this.#send());
  }

  async #send(): Promise<void> {
    const sent = this.#waiting;
    this.#waiting = [];
    this.#isScheduled = false;
    this.#requests += 1;
    try {
      const outcomes = await runBulk(
        this.#open,
        sent.map((each) => each.operation),
        this.#budget,
      );
      for (const [index, { operation, resolve, reject }] of sent.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined)
          reject(new Error(`Cosmos did not answer the ${operation.operationType} of one item`));
        else resolve(outcome);
      }
    } catch (error) {
      for (const { reject } of sent) reject(error);
    } finally {
      this.#requests -= 1;
      this.#schedule();
    }
  }
}
