import type { BulkEnvelope } from '../../shared/core/bulk-envelope.ts';
import type { Deps, Orchestrations } from '../../shared/core/ports.ts';
import { finishBulk } from '../../shared/use-cases/finish-bulk.ts';
import { planBulk } from '../../shared/use-cases/plan-bulk.ts';
import { workOnPartition } from '../../shared/use-cases/work-on-partition.ts';
import type { Faults } from './faults.ts';

interface Worker {
  readonly worker: number;
  /** Its next step comes no earlier. */
  dueAtMs: number;
}

/** Where an instance stands: what it is to call next survives a crash, what it was calling is called again. */
interface Instance {
  readonly id: string;
  readonly envelope: BulkEnvelope;
  /** Absent until the run is planned. */
  workers: Worker[] | undefined;
}

/** The bulk orchestration in memory, an activity at a time, as durable as the real one. */
export class MemoryOrchestrations implements Orchestrations {
  readonly #faults: Faults;
  readonly #nowMs: () => number;
  readonly #started = new Set<string>();
  readonly #running: Instance[] = [];
  /** Chooses among the activities that could come next; the workers take turns unless given. */
  pick: (count: number) => number = () => 0;

  constructor(faults: Faults, nowMs: () => number) {
    this.#faults = faults;
    this.#nowMs = nowMs;
  }

  async start(_name: string, instanceId: string, input: BulkEnvelope): Promise<void> {
    await this.#faults.enter('orchestrations', 'start', 1);
    this.#faults.step(`orchestrations start ${instanceId}`, () => {
      if (this.#started.has(instanceId)) return;
      this.#started.add(instanceId);
      this.#running.push({ id: instanceId, envelope: { ...input }, workers: undefined });
    });
  }

  async forgetEnded(): Promise<number> {
    await this.#faults.enter('orchestrations', 'forgetEnded', 1);
    const ended = [...this.#started].filter((id) => !this.#running.some((instance) => instance.id === id));
    for (const id of ended) this.#started.delete(id);
    return ended.length;
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
    const due = this.#running.map(({ workers = [] }) => {
      const times = workers.map(({ dueAtMs }) => dueAtMs);
      return times.length === 0 ? this.#nowMs() : Math.min(...times);
    });
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /**
   * Runs the next activity of an instance, if one has something to do.
   *
   * @returns false when there is nothing to do now
   */
  async step(deps: Deps): Promise<boolean> {
    for (const instance of this.#running) {
      const { envelope, workers } = instance;
      if (workers === undefined) {
        const plan = await planBulk(deps, envelope);
        instance.workers = Array.from({ length: plan.workers }, (_, worker) => ({ worker, dueAtMs: 0 }));
        return true;
      }
      if (workers.length === 0) {
        await finishBulk(deps, envelope);
        this.lose(instance.id);
        return true;
      }
      const ready = workers.filter(({ dueAtMs }) => dueAtMs <= this.#nowMs());
      const worker = ready[this.pick(ready.length)];
      if (worker === undefined) continue;
      await this.#work(deps, instance, workers, worker);
      return true;
    }
    return false;
  }

  async #work(deps: Deps, { envelope }: Instance, workers: Worker[], worker: Worker): Promise<void> {
    const own = { ...envelope, worker: worker.worker };
    const step = await workOnPartition(deps, own);
    workers.splice(workers.indexOf(worker), 1);
    worker.dueAtMs = this.#nowMs() + step.delayMs;
    if (step.goesOn) workers.push(worker);
  }
}
