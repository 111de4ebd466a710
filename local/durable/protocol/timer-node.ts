import type { OrchestrationTask } from '../engine/worker.ts';
import { LONG_TIMER_INTERVAL_MS, MAXIMUM_SHORT_TIMER_MS } from './durations.ts';
import { Leaf, type OfType, type Scheduler } from './node.ts';

/** A timer. One that is more than six days off is cut into slices of three days. */
export class TimerNode extends Leaf {
  readonly #scheduler: Scheduler;
  readonly #action: OfType<5>;
  readonly #isLong: boolean;
  #hasFired = false;

  constructor(scheduler: Scheduler, action: OfType<5>) {
    super();
    this.#scheduler = scheduler;
    this.#action = action;
    this.#isLong = action.fireAt - scheduler.nowMs > MAXIMUM_SHORT_TIMER_MS;
    this.isSettled = action.isCanceled;
    this.#scheduleSlice();
  }

  override take(): void {
    if (this.#isLong && this.#action.fireAt > this.#scheduler.nowMs) {
      this.#scheduleSlice();
    } else {
      this.#hasFired = true;
      this.isSettled = true;
    }
  }

  override describe(task: OrchestrationTask): OrchestrationTask {
    return task.kind === 'timer' ? { ...task, isCancelled: this.#action.isCanceled && !this.#hasFired } : task;
  }

  #scheduleSlice(): void {
    const { nowMs } = this.#scheduler;
    const { fireAt } = this.#action;
    const fireAtMs = this.#isLong && fireAt - nowMs > MAXIMUM_SHORT_TIMER_MS ? nowMs + LONG_TIMER_INTERVAL_MS : fireAt;
    this.#scheduler.schedule(this, (id) => ({ id, kind: 'timer', fireAtMs, isCancelled: false }));
  }
}
