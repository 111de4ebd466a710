import type { PartitionStep } from './bulk-envelope.ts';

/**
 * Whose turn it is among the partitions of a bulk run: as many at once as the width allows, in turns, so that none waits for another to end. Pure
 * bookkeeping for an orchestration, which replays it.
 */
export class PartitionTurns {
  readonly #open: number[];
  readonly #width: number;
  #turnsLeft: number;
  #working = 0;
  #waiting = 0;
  #isStopped = false;

  /** @param turns after so many no more begin, so that the orchestration can begin a new history */
  constructor(open: readonly number[], width: number, turns: number) {
    this.#open = [...open];
    this.#width = width;
    this.#turnsLeft = turns;
  }

  /** A partition that shall be worked on now, if there is one. */
  begin(): number | undefined {
    if (!this.#mayBegin || this.#working >= this.#width) return undefined;
    const partition = this.#open.shift();
    if (partition === undefined) return undefined;
    this.#working += 1;
    this.#turnsLeft -= 1;
    return partition;
  }

  /** @returns how long the partition has to wait before its next turn, in milliseconds; 0 when it need not */
  worked(partition: number, step: PartitionStep): number {
    this.#working -= 1;
    if (step.kind === 'stop') this.#isStopped = true;
    if (step.kind !== 'again') return 0;
    if (step.delayMs > 0) this.#waiting += 1;
    else this.#open.push(partition);
    return step.delayMs;
  }

  waited(partition: number): void {
    this.#waiting -= 1;
    this.#open.push(partition);
  }

  /** Whether there is something to wait for: work in progress, or time that a partition needs before its next turn. */
  get isBusy(): boolean {
    return this.#working > 0 || (this.#mayBegin && this.#waiting > 0);
  }

  /** Whether partitions are left, for the next history. */
  get isUnfinished(): boolean {
    return !this.#isStopped && this.left > 0;
  }

  /** How many partitions have not ended. */
  get left(): number {
    return this.#open.length + this.#working + this.#waiting;
  }

  get #mayBegin(): boolean {
    return !this.#isStopped && this.#turnsLeft > 0;
  }
}
