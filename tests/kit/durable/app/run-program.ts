import durable, { type Task as DurableTask, type OrchestrationContext, type TimerTask } from 'durable-functions';
import type { ActivityInput, ProgramInput, Retry, Step, Task, Value } from '../program.ts';

const hourMs = 3_600_000;

/** A task of the program with the task of the library that stands for it. */
interface Built {
  readonly plan: Task;
  readonly task: DurableTask;
  readonly children: readonly Built[];
}

type Steps = Generator<DurableTask, Value[], unknown>;

/** Runs one generation of a program and goes on with the next one. */
export function* runProgram(context: OrchestrationContext): Generator<DurableTask, unknown, unknown> {
  const input = context.df.getInput<ProgramInput>();
  const run = new ProgramRun(context, input);
  const results = [...input.results];
  for (const [index, step] of (input.program.generations[input.generation] ?? []).entries()) {
    results.push(...(yield* run.take(step, `${input.place}:${input.generation}.${index}`)));
  }
  if (input.generation + 1 === input.program.generations.length) return results;
  context.df.continueAsNew({ ...input, generation: input.generation + 1, results });
  return undefined;
}

class ProgramRun {
  readonly #df: OrchestrationContext['df'];
  readonly #input: ProgramInput;
  #guids = new Set<string>();
  #lookedAt = 0;
  /** Timers of the step that nobody waits for any more when it ends. */
  #losers: TimerTask[] = [];

  constructor(context: OrchestrationContext, input: ProgramInput) {
    this.#df = context.df;
    this.#input = input;
  }

  *take(step: Step, here: string): Steps {
    switch (step.kind) {
      case 'run':
        return [yield* this.#run(step.task, step.isCaught, here)];
      case 'forget-timer': {
        const built = this.#build(step.task, `${here}.0`, false);
        yield this.#df.Task.any([built.task, this.#timer(step.ms)]);
        return [this.#read(built, built.task.isCompleted ? built.task.result : yield built.task)];
      }
      case 'either': {
        const tasks = [0, 1].map((index) => this.#act(`${here}.${index}`, step.value));
        const winner = (yield this.#df.Task.any(tasks)) as DurableTask;
        return [winner.result as Value];
      }
      case 'signal':
        for (const operation of step.operations)
          this.#df.signalEntity(
            this.#entity(this.#input.place),
            operation.kind,
            'value' in operation ? operation.value : undefined,
          );
        return [];
      case 'status':
        this.#df.setCustomStatus(step.value);
        return [];
      case 'events':
        return [yield* this.#collect(here, step.values.length)];
      case 'ask':
        return [yield* this.#ask(here, step.value)];
      case 'look':
        return [this.#look()];
      case 'fail':
        throw new Error(`boom(${here})`);
      default:
        return step satisfies never;
    }
  }

  *#run(plan: Task, isCaught: boolean, here: string): Generator<DurableTask, Value, unknown> {
    const built = this.#build(plan, here, true);
    try {
      return this.#read(built, yield built.task);
    } catch (error) {
      if (!isCaught) throw error;
      return { caught: failureOf(error) };
    } finally {
      for (const timer of this.#losers) timer.cancel();
      this.#losers = [];
    }
  }

  /** Values that come a second time are passed over. */
  *#collect(here: string, count: number): Generator<DurableTask, Value[], unknown> {
    const values: Value[] = [];
    while (values.length < count) {
      const event = (yield this.#df.waitForExternalEvent(`events${here}`)) as { number: number; value: Value };
      if (event.number === values.length) values.push(event.value);
    }
    return values;
  }

  *#ask(here: string, value: Value): Generator<DurableTask, Value, unknown> {
    const name = `asked${here}`;
    const run = this.#activityInput(here, null);
    yield this.#df.callActivity('raise', { instanceId: this.#df.instanceId, name, value, run });
    const event = (yield this.#df.waitForExternalEvent(name)) as { value: Value };
    return event.value;
  }

  #look(): boolean {
    const guid = this.#df.newGuid(this.#df.instanceId);
    const now = this.#df.currentUtcDateTime.getTime();
    const isGood = !this.#guids.has(guid) && now >= this.#lookedAt;
    this.#guids.add(guid);
    this.#lookedAt = now;
    return isGood;
  }

  #build(plan: Task, here: string, isTop: boolean): Built {
    const children = this.#buildChildren(plan, here);
    const tasks = children.map(({ task }) => task);
    switch (plan.kind) {
      case 'activity': {
        const input: ActivityInput = { ...this.#activityInput(here, plan.value), outcome: plan.outcome, ms: plan.ms };
        const task =
          plan.retry === null
            ? this.#df.callActivity('act', input)
            : this.#df.callActivityWithRetry('act', retryOptions(plan.retry), input);
        return { plan, task, children };
      }
      case 'sub':
        return { plan, task: this.#buildSub(plan, here), children };
      case 'timer':
        return { plan, task: this.#timer(plan.ms), children };
      case 'call': {
        const { operation } = plan;
        const entity = this.#entity(isTop && plan.isShared ? this.#input.place : here);
        return {
          plan,
          task: this.#df.callEntity(entity, operation.kind, 'value' in operation ? operation.value : undefined),
          children,
        };
      }
      case 'http': {
        const url = `${this.#input.origin}/${plan.status}/${plan.polls}`;
        return { plan, task: this.#df.callHttp({ method: 'GET', url }), children };
      }
      case 'all':
        return { plan, task: this.#df.Task.all(tasks), children };
      case 'any': {
        const losers = plan.losers.map((kind, index) => this.#loser(kind, `${here}.loser${index}`));
        return { plan, task: this.#df.Task.any(losers.toSpliced(plan.at, 0, ...tasks)), children };
      }
      default:
        return plan satisfies never;
    }
  }

  #buildChildren(plan: Task, here: string): Built[] {
    if (plan.kind === 'all') return plan.tasks.map((child, index) => this.#build(child, `${here}.${index}`, false));
    return plan.kind === 'any' ? [this.#build(plan.winner, `${here}.${plan.at}`, false)] : [];
  }

  #buildSub(plan: Task & { kind: 'sub' }, here: string): DurableTask {
    const { root, origin } = this.#input;
    const input: ProgramInput = { program: plan.program, place: here, root, origin, generation: 0, results: [] };
    const instanceId = plan.isNamed ? `${root}|${here}` : undefined;
    return plan.retry === null
      ? this.#df.callSubOrchestrator('program', input, instanceId)
      : this.#df.callSubOrchestratorWithRetry('program', retryOptions(plan.retry), input, instanceId);
  }

  /** What the program makes of what the library gave. */
  #read(built: Built, value: unknown): Value {
    const { plan, children } = built;
    switch (plan.kind) {
      case 'timer':
        return 'fired';
      case 'http': {
        const { statusCode, content } = value as { statusCode: number; content: string };
        return { status: statusCode, body: content };
      }
      case 'all':
        return children.map((child, index) => this.#read(child, (value as unknown[])[index]));
      case 'any': {
        const [winner] = children;
        if (winner === undefined || value !== winner.task) return { won: 'another' };
        return winner.task.isFaulted
          ? { won: plan.at, caught: failureOf(winner.task.result) }
          : { won: plan.at, value: this.#read(winner, winner.task.result) };
      }
      default:
        return value as Value;
    }
  }

  #loser(kind: 'timer' | 'event', name: string): DurableTask {
    if (kind === 'event') return this.#df.waitForExternalEvent(name);
    const timer = this.#timer(hourMs);
    this.#losers.push(timer);
    return timer;
  }

  #timer(ms: number): TimerTask {
    return this.#df.createTimer(new Date(this.#df.currentUtcDateTime.getTime() + ms));
  }

  #entity(place: string): durable.EntityId {
    return new durable.EntityId('list', `${this.#input.root}|${place}`);
  }

  #act(here: string, value: Value): DurableTask {
    return this.#df.callActivity('act', this.#activityInput(here, value));
  }

  #activityInput(place: string, value: Value): ActivityInput {
    const token = this.#df.newGuid(this.#df.instanceId);
    return { key: `${this.#input.root}|${place}`, token, place, outcome: { kind: 'succeed' }, value, ms: 0 };
  }
}

function retryOptions(retry: Retry): durable.RetryOptions {
  const options = new durable.RetryOptions(retry.firstMs, retry.attempts);
  options.backoffCoefficient = retry.backoff;
  return options;
}

/** The name of the failure that is somewhere in an error's message. */
function failureOf(error: unknown): string {
  return (error instanceof Error ? /boom\([^)]*\)/.exec(error.message)?.[0] : undefined) ?? 'unnamed';
}
