import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision, OrchestrationTask } from '../../../../local/durable/engine/worker.ts';
import { createEvent, EventType, type HistoryEvent } from '../../../../local/durable/history-event.ts';
import {
  decide,
  readOrchestratorError,
  readOrchestratorResult,
  writeOrchestratorInput,
} from '../../../../local/durable/protocol/orchestrator-call.ts';

/** The library's own executor. It runs without a host: nothing of it is registered. */
const { createOrchestrator } = createRequire(import.meta.url)('durable-functions/lib/src/util/testingUtils.js') as {
  createOrchestrator: (orchestrator: GeneratorFunction) => (input: unknown, context: object) => Promise<unknown>;
};

interface Context {
  readonly df: {
    readonly currentUtcDateTime: Date;
    readonly Task: { all(tasks: readonly unknown[]): unknown; any(tasks: readonly unknown[]): unknown };
    callActivity(name: string, input: unknown): unknown;
    callActivityWithRetry(name: string, options: unknown, input: unknown): unknown;
    createTimer(at: Date): { readonly isCompleted: boolean; cancel(): void };
    waitForExternalEvent(name: string): unknown;
    setCustomStatus(status: unknown): void;
  };
}

const { RetryOptions } = createRequire(import.meta.url)('durable-functions') as {
  RetryOptions: new (firstMs: number, attempts: number) => object;
};

/** A task of a random program: what it is, and how often it fails before it succeeds. */
type Plan =
  | { readonly kind: 'activity' }
  | { readonly kind: 'retried'; readonly failures: number }
  | { readonly kind: 'timer'; readonly days: number }
  | { readonly kind: 'all' | 'any'; readonly tasks: readonly Plan[] };

const { plan } = fc.letrec<{ plan: Plan }>((tie) => ({
  plan: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    fc.constant<Plan>({ kind: 'activity' }),
    fc.record({ kind: fc.constant('retried' as const), failures: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ kind: fc.constant('timer' as const), days: fc.integer({ min: 0, max: 20 }) }),
    fc.record({
      kind: fc.constantFrom('all' as const, 'any' as const),
      tasks: fc.array(tie('plan'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));

/**
 * Yields one plan after the other. Each activity gets its place in the program for an input and gives it back, so a
 * number that is off by one shows as a wrong result.
 */
const createProgram = (plans: readonly Plan[]) =>
  createOrchestrator(function* (context: Context) {
    const results: unknown[] = [];
    const open = (each: Plan, place: string): unknown => {
      switch (each.kind) {
        case 'activity':
          return context.df.callActivity('echo', { place, failures: 0 });
        case 'retried':
          return context.df.callActivityWithRetry('echo', new RetryOptions(1_000, 5), {
            place,
            failures: each.failures,
          });
        case 'timer':
          return context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + each.days * DAY_MS));
        default:
          return context.df.Task[each.kind](each.tasks.map((task, index) => open(task, `${place}.${index}`)));
      }
    };
    for (const [index, each] of plans.entries()) {
      results.push(toPlain(yield open(each, `${index}`)));
    }
    return results;
  } as unknown as GeneratorFunction);

/** The winner of a Task.any is a task: its result stands for it. */
const toPlain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value === 'object' && value !== null && 'result' in value) return { winner: toPlain(value.result) };
  return value ?? 'timer';
};

/** True when a result is one that the plan can have. */
const isResultOf = (each: Plan, place: string, result: unknown): boolean => {
  switch (each.kind) {
    case 'activity':
    case 'retried':
      return result === place;
    case 'timer':
      // The library gives one for each slice of a long timer.
      return [result].flat().every((slice) => slice === 'timer');
    case 'all':
      return (
        Array.isArray(result) && each.tasks.every((task, index) => isResultOf(task, `${place}.${index}`, result[index]))
      );
    case 'any':
      return (
        typeof result === 'object' &&
        result !== null &&
        'winner' in result &&
        each.tasks.some((task, index) => isResultOf(task, `${place}.${index}`, result.winner))
      );
  }
};

const DAY_MS = 24 * 60 * 60 * 1000;
const START_MS = Date.UTC(2030, 0, 1);

/** A host without a disk: runs a program and ends its tasks in whatever order `pick` says, several at a time. */
class Simulation {
  readonly #run: ReturnType<typeof createProgram>;
  readonly #pick: (length: number) => number;
  readonly #attempts = new Map<string, number>();
  readonly #open = new Map<number, OrchestrationTask>();
  #past: HistoryEvent[] = [];
  nowMs = START_MS;

  constructor(run: ReturnType<typeof createProgram>, pick: (length: number) => number) {
    this.#run = run;
    this.#pick = pick;
  }

  /** @param before called before each turn with what is open */
  async end(before: (open: readonly OrchestrationTask[]) => void = () => undefined): Promise<Decision['outcome']> {
    let arrived: HistoryEvent[] = [createEvent(EventType.ExecutionStarted, this.nowMs, { Name: 'program' })];
    for (let turn = 0; turn < 2_000; turn++) {
      const decision = await this.#decide(arrived);
      arrived = arrived.slice(decision.taken);
      for (const id of decision.cancelTimers) this.#open.delete(id);
      for (const task of decision.schedule) this.#open.set(task.id, task);
      if (decision.outcome.kind !== 'open') return decision.outcome;
      before([...this.#open.values()]);
      const count = 1 + this.#pick(3);
      for (let index = 0; index < count && this.#open.size > 0; index++) arrived.push(this.#endOne());
      expect(arrived.length, 'nothing is open, and yet it has not ended').toBeGreaterThan(0);
    }
    throw new Error('It does not end');
  }

  async #decide(arrived: readonly HistoryEvent[]): Promise<Decision> {
    const past = this.#past.map((event) => JSON.stringify({ ...event, IsPlayed: true })).join(',');
    let taken = arrived;
    for (;;) {
      const call = {
        name: 'program',
        instanceId: 'it',
        parentInstanceId: undefined,
        input: undefined,
        past,
        startedAtMs: this.nowMs,
        arrived,
      };
      const answer = await this.#run(JSON.parse(writeOrchestratorInput(call, taken)), {}).then(
        (state) => readOrchestratorResult(JSON.stringify(state)),
        (error: Error) => readOrchestratorError(error.message),
      );
      const decision = decide(call, this.#past, taken, answer, (_, name) => name);
      if ('kind' in decision) {
        taken = taken.slice(0, decision.take);
        continue;
      }
      const scheduled = decision.schedule.map((task) =>
        createEvent(task.kind === 'timer' ? EventType.TimerCreated : EventType.TaskScheduled, this.nowMs, {
          EventId: task.id,
          ...('name' in task ? { Name: task.name } : {}),
        }),
      );
      const started = createEvent(EventType.OrchestratorStarted, this.nowMs);
      const completed = createEvent(EventType.OrchestratorCompleted, this.nowMs, { Mark: decision.mark });
      this.#past = [...this.#past, started, ...taken, ...scheduled, completed];
      return decision;
    }
  }

  #endOne(): HistoryEvent {
    const tasks = [...this.#open.values()];
    const task = tasks[this.#pick(tasks.length)] ?? tasks[0];
    if (task === undefined) throw new Error('Nothing is open');
    this.#open.delete(task.id);
    if (task.kind === 'timer') {
      this.nowMs = Math.max(this.nowMs, task.fireAtMs);
      return createEvent(EventType.TimerFired, this.nowMs, { TimerId: task.id });
    }
    const { place, failures } = JSON.parse('input' in task ? (task.input ?? '{}') : '{}') as {
      place: string;
      failures: number;
    };
    const attempt = (this.#attempts.get(place) ?? 0) + 1;
    this.#attempts.set(place, attempt);
    return attempt <= failures
      ? createEvent(EventType.TaskFailed, this.nowMs, { TaskScheduledId: task.id, Reason: 'not yet', Details: '' })
      : createEvent(EventType.TaskCompleted, this.nowMs, { TaskScheduledId: task.id, Result: JSON.stringify(place) });
  }
}

describe('the replay', () => {
  test('gives every task the number that the library gives it, whatever ends when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(plan, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat({ max: 1_000 })),
        async (plans, numbers) => {
          const pick = (length: number): number => (numbers.next().value ?? 0) % length;
          const outcome = await new Simulation(createProgram(plans), pick).end();
          expect(outcome.kind).toBe('completed');
          const results = outcome.kind === 'completed' ? (JSON.parse(outcome.output) as unknown[]) : [];
          expect(results).toHaveLength(plans.length);
          for (const [index, each] of plans.entries()) {
            expect(isResultOf(each, `${index}`, results[index]), JSON.stringify([each, results[index]])).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('cuts a timer of 40 days into slices of three, the last of them up to six', async () => {
    const fireTimes = new Set<number>();
    const simulation = new Simulation(createProgram([{ kind: 'timer', days: 40 }]), () => 0);
    const outcome = await simulation.end((open) => {
      for (const task of open) if (task.kind === 'timer') fireTimes.add((task.fireAtMs - START_MS) / DAY_MS);
    });
    expect(outcome.kind).toBe('completed');
    expect([...fireTimes]).toEqual([3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 40]);
  });

  test('waits twice as long after each failure where the policy says so, and not after the last one', async () => {
    const orchestrator = createOrchestrator(function* (context: Context) {
      const options = Object.assign(new RetryOptions(1_000, 4), {
        backoffCoefficient: 2,
        maxRetryIntervalInMilliseconds: 3_000,
      });
      try {
        yield context.df.callActivityWithRetry('echo', options, { place: 'x', failures: 99 });
      } catch {
        return 'gave up';
      }
      return 'no';
    } as unknown as GeneratorFunction);
    const delays: number[] = [];
    const simulation = new Simulation(orchestrator, () => 0);
    const outcome = await simulation.end((open) => {
      for (const task of open) if (task.kind === 'timer') delays.push(task.fireAtMs - simulation.nowMs);
    });
    expect(outcome).toEqual({ kind: 'completed', output: '"gave up"' });
    expect(delays).toEqual([1_000, 2_000, 3_000, 0]);
  });
});
