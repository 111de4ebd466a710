import { Worker } from 'node:worker_threads';
import { limits, tookTooLong, tooMuchMemory } from './limits.ts';
import type { Outcome, Work } from './protocol.ts';

/** A tenant's worker that is asked nothing for this long is ended. */
const idleMs = 10_000;

/** Until its first step a worker loads what it needs. */
const longestStartMs = 20_000;

/** How far a worker came. */
interface Done {
  /** Of the first pieces of the work; of all of them, unless the worker had to be ended. */
  readonly outcomes: readonly Outcome[];
  /** The piece of its work, counted from 0, at which the worker had to be ended. */
  readonly ended?: { readonly at: number; readonly refusal: string };
}

/** A worker and the works that wait for it, one after the other. */
export class ExpressionThread {
  readonly #worker: Worker;
  readonly #progress = new SharedArrayBuffer(4);
  readonly #standstillMs: number;
  readonly #onEnd: () => void;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: NodeJS.Timeout | undefined;
  isUsable = true;

  constructor(file: URL, standstillMs: number, onEnd: () => void) {
    this.#standstillMs = standstillMs;
    this.#onEnd = onEnd;
    this.#worker = new Worker(file, {
      workerData: { progress: this.#progress },
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: limits.workerMemoryMb, maxYoungGenerationSizeMb: 32 },
    });
    this.#worker.unref();
    this.#worker.on('error', () => this.end());
    this.#worker.on('exit', () => this.end());
  }

  /** `undefined` when the worker was ended, by another's work, before this one's turn came. */
  async run(work: Work, count: number): Promise<Done | undefined> {
    clearTimeout(this.#idle);
    this.#waiting += 1;
    const before = this.#last;
    const done = before.then(() => (this.isUsable ? this.#carryOut(work, count) : undefined));
    this.#last = done;
    try {
      return await done;
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0 && this.isUsable) this.#idle = setTimeout(() => this.end(), idleMs).unref();
    }
  }

  #carryOut(work: Work, count: number): Promise<Done> {
    return new Promise((resolve) => {
      const position = new Int32Array(this.#progress);
      const startedAt = performance.now();
      let seen = -1;
      let seenAt = startedAt;
      const finish = (done: Done) => {
        clearInterval(watch);
        this.#worker.off('message', onMessage).off('error', onFailure).off('exit', onFailure).unref();
        resolve(done);
      };
      const outcomes: Outcome[] = [];
      const endAt = (refusal: string) => {
        const at = Math.max(outcomes.length, Atomics.load(position, 0) - 1);
        finish({ outcomes, ended: { at, refusal } });
        this.end();
      };
      const onMessage = (told: Outcome[]) => {
        outcomes.push(...told);
        if (outcomes.length >= count) finish({ outcomes });
      };
      const onFailure = () => endAt(tooMuchMemory);
      const watch = setInterval(() => {
        const now = performance.now();
        const at = Atomics.load(position, 0);
        if (at !== seen) [seen, seenAt] = [at, now];
        else if (now - seenAt > (at === 0 ? longestStartMs : this.#standstillMs)) endAt(tookTooLong);
      }, this.#standstillMs / 10);
      this.#worker.ref();
      this.#worker.on('message', onMessage).on('error', onFailure).on('exit', onFailure);
      this.#worker.postMessage(work);
    });
  }

  end(): void {
    if (!this.isUsable) return;
    this.isUsable = false;
    clearTimeout(this.#idle);
    this.#onEnd();
    void this.#worker.terminate();
  }
}
