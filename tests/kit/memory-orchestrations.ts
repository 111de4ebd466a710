import type { BulkEnvelope } from '../../shared/core/bulk-envelope.ts';
import { PartitionTurns } from '../../shared/core/partition-turns.ts';
import type { Deps, Orchestrations } from '../../shared/core/ports.ts';
import { finishBulk } from '../../shared/use-cases/finish-bulk.ts';
import { planBulk } from '../../shared/use-cases/plan-bulk.ts';
import { workOnPartition } from '../../shared/use-cases/work-on-partition.ts';
import type { Faults } from './faults.ts';

/** Where an instance stands: what it is to call next survives a crash, what it was calling is called again. */
interface Instance {
  readonly id: string;
  readonly envelope: BulkEnvelope;
  turns: PartitionTurns | undefined;
  /** Activities that were begun and have not answered. */
  readonly called: number[];
  readonly waits: { readonly partition: number; readonly untilMs: number }[];
}

/** The bulk orchestration in memory, an activity at a time, as durable as the real one. */
export class MemoryOrchestrations implements Orchestrations {
  readonly #faults: Faults;
  readonly #nowMs: () => number;
  readonly #started = new Set<string>();
  readonly #running: Instance[] = [];

  constructor(faults: Faults, nowMs: () => number) {
    this.#faults = faults;
    this.#nowMs = nowMs;
  }

  async start(_name: string, instanceId: string, input: BulkEnvelope): Promise<void> {
    await this.#faults.enter('orchestrations', 'start', 1);
    this.#faults.step(`orchestrations start ${instanceId}`, () => {
      if (this.#started.has(instanceId)) return;
      this.#started.add(instanceId);
      this.#running.push({ id: instanceId, envelope: { ...input }, turns: undefined, called: [], waits: [] });
    });
  }

  /** Ids of all instances that were ever started. */
  get started(): readonly string[] {
    return [...this.#started];
  }

  get running(): number {
    return this.#running.length;
  }

  /** The instance vanishes, as when its state is lost. */
  lose(instanceId: string): void {
    const index = this.#running.findIndex(({ id }) => id === instanceId);
    if (index >= 0) this.#running.splice(index, 1);
  }

  get nextDueAtMs(): number | undefined {
    const due = this.#running.flatMap((instance) =>
      this.#isReady(instance) ? [this.#nowMs()] : instance.waits.map(({ untilMs }) => untilMs),
    );
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /**
   * Runs the next activity of an instance, if one has something to do.
   *
   * @param pick chooses among the activities that are in progress; the first unless given
   * @returns false when there is nothing to do now
   */
  async step(deps: Deps, pick: (count: number) => number = () => 0): Promise<boolean> {
    const instance = this.#running.find((each) => this.#isReady(each));
    if (instance === undefined) return false;
    if (instance.turns === undefined) await this.#plan(deps, instance);
    else await this.#work(deps, instance, instance.turns, pick);
    return true;
  }

  #isReady(instance: Instance): boolean {
    this.#wake(instance);
    const { turns, called } = instance;
    return turns === undefined || called.length > 0 || !turns.isBusy;
  }

  #wake(instance: Instance): void {
    const { turns, waits, called } = instance;
    if (turns === undefined) return;
    for (const wait of waits.filter(({ untilMs }) => untilMs <= this.#nowMs())) {
      waits.splice(waits.indexOf(wait), 1);
      turns.waited(wait.partition);
    }
    for (let partition = turns.begin(); partition !== undefined; partition = turns.begin()) called.push(partition);
  }

  async #plan(deps: Deps, instance: Instance): Promise<void> {
    const plan = await planBulk(deps, instance.envelope);
    if (plan.kind === 'stop') this.lose(instance.id);
    else instance.turns = new PartitionTurns(plan.open, plan.width, 10);
  }

  async #work(deps: Deps, instance: Instance, turns: PartitionTurns, pick: (count: number) => number): Promise<void> {
    const partition = instance.called[pick(instance.called.length)];
    if (partition !== undefined) {
      const step = await workOnPartition(deps, { ...instance.envelope, partition });
      instance.called.splice(instance.called.indexOf(partition), 1);
      const delayMs = turns.worked(partition, step);
      if (delayMs > 0) instance.waits.push({ partition, untilMs: this.#nowMs() + delayMs });
      return;
    }
    if (turns.isUnfinished) {
      instance.turns = undefined;
      instance.waits.splice(0);
      return;
    }
    await finishBulk(deps, instance.envelope);
    this.lose(instance.id);
  }
}
