import type { BulkEnvelope } from '../../shared/core/bulk-envelope.ts';
import type { ConflictEnvelope, ConflictResolutionEnvelope } from '../../shared/core/conflict-envelope.ts';
import type { Deps, Orchestrations } from '../../shared/core/ports.ts';
import { lookAfterConflict } from '../../shared/use-cases/conflicts/look-after-conflict.ts';
import { workOnResolution } from '../../shared/use-cases/conflicts/work-on-resolution.ts';
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

/** An orchestration that takes one step after the other, and waits between them until a time or until it is told. */
interface Stepper {
  readonly id: string;
  readonly step: (deps: StepDeps) => Promise<{ readonly goesOn: boolean; readonly delayMs?: number }>;
  dueAtMs: number;
}

type StepDeps = Deps & { readonly orchestrations: Orchestrations };
type Input = BulkEnvelope | ConflictEnvelope | ConflictResolutionEnvelope;

/** The orchestrations in memory, an activity at a time, as durable as the real ones. */
export class MemoryOrchestrations implements Orchestrations {
  readonly #faults: Faults;
  readonly #nowMs: () => number;
  readonly #started = new Set<string>();
  readonly #running: Instance[] = [];
  readonly #steppers: Stepper[] = [];
  /** Chooses among the activities that could come next; the workers take turns unless given. */
  pick: (count: number) => number = () => 0;

  constructor(faults: Faults, nowMs: () => number) {
    this.#faults = faults;
    this.#nowMs = nowMs;
  }

  async start(name: string, instanceId: string, input: Input): Promise<void> {
    await this.#faults.enter('orchestrations', 'start', 1);
    this.#faults.step(`orchestrations start ${instanceId}`, () => {
      // As with Durable Functions, the id of an instance that has ended may be used again.
      if (this.#started.has(instanceId) && (name === 'bulk-sync' || this.isRunning(instanceId))) return;
      this.#started.add(instanceId);
      if ('executionId' in input) this.#running.push({ id: instanceId, envelope: { ...input }, workers: undefined });
      else this.#steppers.push({ id: instanceId, step: stepOf(input), dueAtMs: this.#nowMs() });
    });
  }

  async tell(instanceId: string, _event: string): Promise<void> {
    await this.#faults.enter('orchestrations', 'tell', 1);
    this.#faults.step(`orchestrations tell ${instanceId}`, () => {
      const stepper = this.#steppers.find(({ id }) => id === instanceId);
      if (stepper !== undefined) stepper.dueAtMs = this.#nowMs();
    });
  }

  async forgetEnded(): Promise<number> {
    await this.#faults.enter('orchestrations', 'forgetEnded', 1);
    const ended = [...this.#started].filter((id) => !this.isRunning(id));
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

  isRunning(instanceId: string): boolean {
    return [...this.#running, ...this.#steppers].some(({ id }) => id === instanceId);
  }

  /** The instance vanishes, as when its state is lost. */
  lose(instanceId: string): void {
    for (const instances of [this.#running, this.#steppers]) {
      const index = instances.findIndex(({ id }) => id === instanceId);
      if (index >= 0) instances.splice(index, 1);
    }
  }

  get nextDueAtMs(): number | undefined {
    const due = this.#running.map(({ workers = [] }) => {
      const times = workers.map(({ dueAtMs }) => dueAtMs);
      return times.length === 0 ? this.#nowMs() : Math.min(...times);
    });
    due.push(...this.#steppers.map(({ dueAtMs }) => dueAtMs));
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /**
   * Runs the next activity of an instance, if one has something to do.
   *
   * @returns false when there is nothing to do now
   */
  async step(deps: StepDeps): Promise<boolean> {
    const stepper = this.#steppers.find(({ dueAtMs }) => dueAtMs <= this.#nowMs());
    if (stepper !== undefined) {
      const { goesOn, delayMs = 0 } = await stepper.step(deps);
      stepper.dueAtMs = this.#nowMs() + delayMs;
      if (!goesOn) this.lose(stepper.id);
      return true;
    }
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

function stepOf(input: ConflictEnvelope | ConflictResolutionEnvelope): Stepper['step'] {
  return 'conflictId' in input ? (deps) => lookAfterConflict(deps, input) : (deps) => workOnResolution(deps, input);
}
