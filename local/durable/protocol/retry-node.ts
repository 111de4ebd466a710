import type { Failure, OrchestrationTask } from '../engine/worker.ts';
import { EventType, type HistoryEvent } from '../history-event.ts';
import { describeCall, Leaf, type RetriedAction, type Scheduler } from './node.ts';

/** The default of DTFx when an app names none. */
const LONGEST_RETRY_INTERVAL_MS = 6 * 24 * 60 * 60 * 1000;

/**
 * A call with a retry policy. After each failure there is a timer, after the last one too: the library fails the call only
 * when that has fired.
 */
export class RetryNode extends Leaf {
  readonly #scheduler: Scheduler;
  readonly #action: RetriedAction;
  readonly #beganAtMs: number;
  #attempts = 1;
  #isWaiting = false;
  #failure: Failure = { reason: '', details: '' };

  constructor(scheduler: Scheduler, action: RetriedAction) {
    super();
    this.#scheduler = scheduler;
    this.#action = action;
    this.#beganAtMs = scheduler.nowMs;
    scheduler.schedule(this, (id) => describeCall(action, id));
  }

  override take(event: HistoryEvent): void {
    const { retryOptions } = this.#action;
    if (this.#isWaiting) {
      this.#isWaiting = false;
      if (this.#attempts > retryOptions.maxNumberOfAttempts) {
        this.isSettled = true;
      } else {
        this.#scheduler.schedule(this, (id) => this.#describeAttempt(id));
      }
    } else if (
      event.EventType === EventType.TaskFailed ||
      event.EventType === EventType.SubOrchestrationInstanceFailed
    ) {
      const { Reason = '', Details = '', FailureDetails } = event;
      this.#failure = { reason: Reason, details: Details, failureDetails: FailureDetails };
      const fireAtMs = this.#scheduler.nowMs + this.#delayMs();
      this.#isWaiting = true;
      this.#attempts++;
      this.#scheduler.schedule(this, (id) => ({ id, kind: 'timer', fireAtMs, isCancelled: false }));
    } else {
      this.isSettled = true;
    }
  }

  get #isExpired(): boolean {
    const limit = this.#action.retryOptions.retryTimeoutInMilliseconds;
    return typeof limit === 'number' && this.#scheduler.nowMs >= this.#beganAtMs + limit;
  }

  #describeAttempt(id: number): OrchestrationTask {
    return this.#isExpired
      ? { id, kind: 'expired', name: this.#action.functionName, failure: this.#failure }
      : describeCall(this.#action, id);
  }

  /** None after the last attempt, and none when there is no time for another. */
  #delayMs(): number {
    const options = this.#action.retryOptions;
    if (this.#attempts >= options.maxNumberOfAttempts || this.#isExpired) {
      return 0;
    }
    const grown = options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** (this.#attempts - 1);
    return Math.min(grown, options.maxRetryIntervalInMilliseconds ?? LONGEST_RETRY_INTERVAL_MS);
  }
}
