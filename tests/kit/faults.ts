/** The process died here: nothing after it happened. Thrown by every port once a crash was due, until `restart`. */
export class Crash extends Error {
  constructor(where: string) {
    super(`Crashed at ${where}`);
    this.name = 'Crash';
  }
}

/** One call of a port. `count` is the number of documents it is about. */
export interface Operation {
  readonly port: string;
  readonly verb: string;
  readonly count: number;
}

/** Runs before each port call; may throw (the dependency fails) or write through other ports first (a race). */
export type OperationHook = (operation: Operation) => void | Promise<void>;

/**
 * Lets a test kill the "process" at an exact durable step. Every document written, removed or sent is one step; a run with its page and log
 * is one step, because they are written atomically; each write of a `writeMany` is its own.
 *
 * A crash sweep: run once undisturbed and read `steps`, then for each step `crashAt` it, expect a `Crash`, `restart`, run to the end
 * and compare.
 */
export class Faults {
  /** Durable steps taken so far. */
  steps = 0;
  /** Processes started after a crash. */
  restarts = 0;
  /** Called before every port call. */
  onOperation: OperationHook | undefined;
  #crash: { readonly step: number; readonly moment: 'before' | 'after' } | undefined;
  #crashedAt: string | undefined;
  #lost: { readonly step: number; readonly failure: Error } | undefined;

  get crashed(): boolean {
    return this.#crashedAt !== undefined;
  }

  /** @param step counted from now on, 1 is the next. `before`: it did not take; `after`: it took, but nobody was told. */
  crashAt(step: number, moment: 'before' | 'after'): void {
    this.#crash = { step: this.steps + step, moment };
  }

  /**
   * The call of a durable step fails, although the step took; the process lives on.
   *
   * @param step counted from now on, 1 is the next
   */
  loseAnswerAt(step: number, failure: Error): void {
    this.#lost = { step: this.steps + step, failure };
  }

  /** A new process over the same stores. */
  restart(): void {
    this.#crash = undefined;
    this.#crashedAt = undefined;
    this.#lost = undefined;
    this.restarts += 1;
  }

  /** At the beginning of every port call. Returns a promise only when the hook does. */
  enter(port: string, verb: string, count: number): void | Promise<void> {
    if (this.#crashedAt !== undefined) throw new Crash(this.#crashedAt);
    return this.onOperation?.({ port, verb, count });
  }

  /** Around one durable step. */
  step<T>(where: string, take: () => T): T {
    this.steps += 1;
    const due = this.#crash !== undefined && this.steps === this.#crash.step ? this.#crash.moment : undefined;
    if (due === 'before') this.#die(where);
    const result = take();
    if (due === 'after') this.#die(where);
    if (this.steps === this.#lost?.step) throw this.#lost.failure;
    return result;
  }

  #die(where: string): never {
    this.#crashedAt = where;
    throw new Crash(where);
  }
}
