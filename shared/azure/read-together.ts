import type { Container } from '@azure/cosmos';
import type { RetryBudget } from './backoff.ts';
import { type BulkOutcome, runBulk } from './cosmos-bulk.ts';
import type { KeyedOperation } from './spare-hashing.ts';

interface Waiting {
  readonly operation: KeyedOperation;
  readonly resolve: (outcome: BulkOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends the single reads that are asked for in one turn of the event loop as one bulk request. A request costs the SDK twenty times what an
 * operation in it does, so callers that read at the same time share that cost; each still gets the answer to its own read only.
 */
export class ReadTogether {
  readonly #open: () => Promise<Container>;
  readonly #budget: RetryBudget;
  #waiting: Waiting[] = [];

  constructor(open: () => Promise<Container>, budget: RetryBudget) {
    this.#open = open;
    this.#budget = budget;
  }

  /** Rejects as `runBulk` does. */
  read(operation: KeyedOperation): Promise<BulkOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => void this.#send());
    });
  }

  async #send(): Promise<void> {
    const sent = this.#waiting;
    this.#waiting = [];
    try {
      const outcomes = await runBulk(
        this.#open,
        sent.map((each) => each.operation),
        this.#budget,
      );
      for (const [index, { operation, resolve, reject }] of sent.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined) reject(new Error(`Cosmos did not answer the read of ${JSON.stringify(operation)}`));
        else resolve(outcome);
      }
    } catch (error) {
      for (const { reject } of sent) reject(error);
    }
  }
}
