export interface TurnEnd {
  /** True when there is more to do at once. */
  readonly isMore: boolean;
  /** How long to let arrive what may, before the next turn. */
  readonly restMs: number;
}

/**
 * Runs turns of many targets, a bounded number at a time and never two of one target; who is woken during a turn gets
 * another one.
 */
export class TurnQueue {
  readonly #limit: number;
  readonly #run: (id: string) => Promise<TurnEnd>;
  readonly #report: (id: string) => (error: unknown) => void;
  readonly #ready = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  readonly #resting = new Map<string, NodeJS.Timeout>();
  #isStopped = false;

  constructor(limit: number, run: (id: string) => Promise<TurnEnd>, report: (id: string) => (error: unknown) => void) {
    this.#limit = limit;
    this.#run = run;
    this.#report = report;
  }

  add(id: string): void {
    if (this.#running.has(id) || this.#resting.has(id)) {
      this.#again.add(id);
    } else {
      this.#ready.add(id);
      this.#fill();
    }
  }

  /** Begins no further turn and resolves when none runs. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const rest of this.#resting.values()) {
      clearTimeout(rest);
    }
    await Promise.all(this.#running.values());
  }

  #fill(): void {
    for (const id of this.#ready) {
      if (this.#isStopped || this.#running.size >= this.#limit) {
        return;
      }
      this.#ready.delete(id);
      const turn = this.#turn(id);
      this.#running.set(id, turn);
    }
  }

  async #turn(id: string): Promise<void> {
    let end: TurnEnd = { isMore: false, restMs: 0 };
    // The map must know the turn before it can end.
    await Promise.resolve();
    try {
      end = await this.#run(id);
    } catch (error) {
      this.#report(id)(error);
    }
    this.#running.delete(id);
    if (end.restMs > 0) {
      const rest = setTimeout(() => {
        this.#resting.delete(id);
        this.#goOn(id, end.isMore);
      }, end.restMs);
      this.#resting.set(id, rest);
      this.#fill();
    } else {
      this.#goOn(id, end.isMore);
    }
  }

  #goOn(id: string, isMore: boolean): void {
    if (this.#again.delete(id) || isMore) {
      this.#ready.add(id);
    }
    this.#fill();
  }
}
