import type { EntityOperation, Program, Step, Task, Value } from './program.ts';

/** What an orchestration must come to. */
export interface Expectation {
  readonly outcome: { readonly results: readonly Value[] } | { readonly failure: string };
  /** The custom status that the last generation left; undefined when it set none. */
  readonly status: Value | undefined;
  /** How often each place's activity runs when nothing goes wrong. */
  readonly runs: ReadonlyMap<string, number>;
  /** The lists of the entities by key; null for one that was dropped, or never came to be. */
  readonly entities: ReadonlyMap<string, readonly string[] | null>;
}

/** What fails without a name of its own. */
export const unnamedFailure = 'unnamed';

class Failure extends Error {}

interface World {
  readonly runs: Map<string, number>;
  readonly entities: Map<string, string[] | null>;
  readonly failuresSoFar: Map<string, number>;
  status: Value | undefined;
}

/** Runs a program as if there were one thread, no crash and no replay. */
export function evaluateProgram(program: Program): Expectation {
  const world: World = { runs: new Map(), entities: new Map(), failuresSoFar: new Map(), status: undefined };
  try {
    const results = evaluateGenerations(program, '', world);
    return { outcome: { results }, ...world };
  } catch (error) {
    return { outcome: { failure: nameOf(error) }, ...world };
  }
}

function nameOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  throw error;
}

function evaluateGenerations(program: Program, place: string, world: World): Value[] {
  const results: Value[] = [];
  program.generations.forEach((steps, generation) => {
    if (place === '') world.status = undefined;
    steps.forEach((step, index) => {
      results.push(...evaluateStep(step, { program: place, here: `${place}:${generation}.${index}` }, world));
    });
  });
  return results;
}

interface Place {
  /** The place of the program. */
  readonly program: string;
  readonly here: string;
}

function evaluateStep(step: Step, place: Place, world: World): Value[] {
  switch (step.kind) {
    case 'run':
      if (!step.isCaught) return [evaluateTask(step.task, place, world)];
      try {
        return [evaluateTask(step.task, place, world)];
      } catch (error) {
        return [{ caught: nameOf(error) }];
      }
    case 'forget-timer':
      return [evaluateTask(step.task, { program: place.program, here: `${place.here}.0` }, world)];
    case 'either':
      count(world, `${place.here}.0`, 1);
      count(world, `${place.here}.1`, 1);
      return [step.value];
    case 'signal':
      for (const operation of step.operations) operate(world, place.program, operation);
      return [];
    case 'status':
      if (place.program === '') world.status = step.value;
      return [];
    case 'events':
      return [step.values];
    case 'ask':
      count(world, place.here, 1);
      return [step.value];
    case 'look':
      return [true];
    case 'fail':
      throw new Failure(`boom(${place.here})`);
    default:
      return step satisfies never;
  }
}

function evaluateTask(task: Task, place: Place, world: World): Value {
  switch (task.kind) {
    case 'activity':
      return evaluateActivity(task, place.here, world);
    case 'sub': {
      for (let left = task.retry?.attempts ?? 1; ; left -= 1) {
        try {
          return evaluateGenerations(task.program, place.here, world);
        } catch (error) {
          if (left <= 1 || !(error instanceof Failure)) throw error;
        }
      }
    }
    case 'timer':
      return 'fired';
    case 'call': {
      const answer = operate(world, task.isShared ? place.program : place.here, task.operation);
      if (answer === undefined) throw new Failure(unnamedFailure);
      return answer;
    }
    case 'http':
      return { status: task.status, body: `answer ${task.status}` };
    case 'all':
      return evaluateAll(task.tasks, place, world);
    case 'any': {
      const winner = { program: place.program, here: `${place.here}.${task.at}` };
      try {
        return { won: task.at, value: evaluateTask(task.winner, winner, world) };
      } catch (error) {
        return { won: task.at, caught: nameOf(error) };
      }
    }
    default:
      return task satisfies never;
  }
}

/** All of them run, also when one fails. */
function evaluateAll(tasks: readonly Task[], place: Place, world: World): Value {
  const values: Value[] = [];
  let failure: Failure | undefined;
  tasks.forEach((child, index) => {
    try {
      values.push(evaluateTask(child, { program: place.program, here: `${place.here}.${index}` }, world));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure ??= error;
    }
  });
  if (failure !== undefined) throw failure;
  return values;
}

function evaluateActivity(task: Task & { kind: 'activity' }, here: string, world: World): Value {
  const { outcome } = task;
  if (outcome.kind === 'fail') {
    count(world, here, task.retry?.attempts ?? 1);
    throw new Failure(`boom(${here})`);
  }
  if (outcome.kind === 'fail-first-instances') {
    count(world, here, 1);
    const failed = world.failuresSoFar.get(here) ?? 0;
    if (failed < outcome.failures) {
      world.failuresSoFar.set(here, failed + 1);
      throw new Failure(`boom(${here})`);
    }
    return task.value;
  }
  count(world, here, outcome.kind === 'succeed' ? 1 : outcome.failures + 1);
  return task.value;
}

function count(world: World, here: string, runs: number): void {
  world.runs.set(here, (world.runs.get(here) ?? 0) + runs);
}

/** What the entity answers; undefined when it fails. */
function operate(world: World, key: string, operation: EntityOperation): Value | undefined {
  const list = world.entities.get(key) ?? [];
  switch (operation.kind) {
    case 'append':
      world.entities.set(key, [...list, operation.value]);
      return [...list, operation.value];
    case 'relay':
      world.entities.set(key, list);
      operate(world, `${key}>`, { kind: 'append', value: operation.value });
      return list;
    case 'read':
      world.entities.set(key, list);
      return list;
    case 'drop':
      world.entities.set(key, null);
      return 'dropped';
    case 'break':
      if (!world.entities.has(key)) world.entities.set(key, null);
      return undefined;
    default:
      return operation satisfies never;
  }
}
