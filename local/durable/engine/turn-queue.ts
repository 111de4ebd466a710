/**
 * Runs turns of many targets, a bounded number at a time and never two of one target; who is woken during a turn gets
 * another one.
 */
export class TurnQueue {
  readonly #limit: number;
  readonly #run: (id: string) => Promise<boolean>;
  readonly #report: (id: string) => (error: unknown) => void;
  readonly #ready = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  #isStopped = false;

  /** @param run one turn; true asks for another one */
  constructor(limit: number, run: (id: string) => Promise<boolean>, report: (id: string) => (error: unknown) => void) {
    this.#limit = limit;
    this.#run = run;
    this.#report = report;
  }

  add(id: string): void {
    if (this.#running.has(id)) {
      this.#again.add(id);
    } else {
      this.#ready.add(id);
      this.#fill();
    }
  }

  /** Begins no further turn and resolves when none runs. */
  async stop(): Promise<void> {
    this.#isStopped = true;
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
    let isMore = false;
    // The map must know the turn before it can end.
    await Promise.resolve();
    try {
      isMore = await this.#run(id);
    } catch (error) {
      this.#report(id)(error);
    }
    this.#running.delete(id);
    if (this.#again.delete(id) || isMore) {
      this.#ready.add(id);
    }
    this.#fill();
  }
}
