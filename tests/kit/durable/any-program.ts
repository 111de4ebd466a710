import {
  type Arbitrary,
  array,
  boolean,
  constant,
  constantFrom,
  integer,
  jsonValue,
  oneof,
  record,
  tuple,
} from 'fast-check';
import type { EntityOperation, Program, Retry, Step, Task, Value } from './program.ts';

/*
 * Every program has one outcome, whatever the order in which its parts end: of a compound task's children at most one
 * fails, and what comes first is only looked at where the others never come.
 */

const anyValue: Arbitrary<Value> = jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }).map(
  (value) => JSON.parse(JSON.stringify(value)) as Value,
);

const anyMs = integer({ min: 0, max: 40 });

const anyRetry = (least: number): Arbitrary<Retry> =>
  record({
    attempts: integer({ min: least, max: least + 2 }),
    firstMs: integer({ min: 1, max: 20 }),
    backoff: constantFrom(1, 1.5, 2),
  });

const anyWord = constantFrom('a', 'b', 'č', '日本', '🦊', 'a b/c?d=e&f#g');

const goodOperation: Arbitrary<EntityOperation> = oneof(
  { weight: 4, arbitrary: record({ kind: constantFrom('append' as const), value: anyWord }) },
  { weight: 1, arbitrary: record({ kind: constantFrom('relay' as const), value: anyWord }) },
  { weight: 2, arbitrary: constant({ kind: 'read' as const }) },
  { weight: 1, arbitrary: constant({ kind: 'drop' as const }) },
);

const brokenOperation = constant({ kind: 'break' as const });

const activity = { kind: constant('activity' as const), value: anyValue, ms: anyMs };

const succeeding: Arbitrary<Task> = oneof(
  record({ ...activity, outcome: constant({ kind: 'succeed' as const }), retry: constant(null) }),
  record({ ...activity, outcome: constant({ kind: 'succeed' as const }), retry: anyRetry(1) }),
  integer({ min: 1, max: 3 }).chain((failures) =>
    record({
      ...activity,
      outcome: constant({ kind: 'fail-first' as const, failures }),
      retry: anyRetry(failures + 1),
    }),
  ),
);

const failing: Arbitrary<Task> = record({
  ...activity,
  outcome: constant({ kind: 'fail' as const }),
  retry: oneof(constant(null), anyRetry(1)),
});

/** Tasks that succeed; `depth` is how many sub-orchestrations and compound tasks may still be in each other. */
function goodTask(depth: number, isShared: boolean): Arbitrary<Task> {
  const timer = record({ kind: constant('timer' as const), ms: integer({ min: -50, max: 80 }) });
  const call = record({ kind: constant('call' as const), operation: goodOperation, isShared: constant(isShared) });
  const http = record({
    kind: constant('http' as const),
    status: constantFrom(200, 404, 500),
    polls: oneof({ weight: 9, arbitrary: constant(0) }, { weight: 1, arbitrary: constant(1) }),
  });
  const atoms = [
    { weight: 8, arbitrary: succeeding },
    { weight: 2, arbitrary: timer as Arbitrary<Task> },
    { weight: 3, arbitrary: call as Arbitrary<Task> },
    { weight: 1, arbitrary: http as Arbitrary<Task> },
  ];
  if (depth <= 0) return oneof(...atoms);
  return oneof(
    ...atoms,
    { weight: 3, arbitrary: allOf(goodTask(depth - 1, false)) },
    { weight: 3, arbitrary: anyOf(oneof(goodTask(depth - 1, false), badTask(depth - 1, false))) },
    { weight: 3, arbitrary: subOf(goodProgram(depth - 1), oneof(constant(null), anyRetry(1))) },
    { weight: 2, arbitrary: retriedSub(depth - 1) },
  );
}

/** Tasks that fail. */
function badTask(depth: number, isShared: boolean): Arbitrary<Task> {
  const call = record({ kind: constant('call' as const), operation: brokenOperation, isShared: constant(isShared) });
  if (depth <= 0) return oneof({ weight: 4, arbitrary: failing }, { weight: 1, arbitrary: call as Arbitrary<Task> });
  const allButOne = tuple(
    array(goodTask(depth - 1, false), { maxLength: 3 }),
    badTask(depth - 1, false),
    integer({ min: 0, max: 3 }),
  ).map(([tasks, bad, at]): Task => ({ kind: 'all', tasks: tasks.toSpliced(at, 0, bad) }));
  return oneof(
    { weight: 4, arbitrary: failing },
    { weight: 1, arbitrary: call },
    { weight: 3, arbitrary: allButOne },
    { weight: 2, arbitrary: subOf(badProgram(depth - 1), oneof(constant(null), anyRetry(1))) },
  );
}

function allOf(task: Arbitrary<Task>): Arbitrary<Task> {
  const wide = succeeding.map((each) => Array.from({ length: 12 }, () => each));
  const tasks = oneof(
    { weight: 6, arbitrary: array(task, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: wide },
  );
  return record({ kind: constant('all' as const), tasks });
}

function anyOf(winner: Arbitrary<Task>): Arbitrary<Task> {
  return array(constantFrom('timer' as const, 'event' as const), { minLength: 0, maxLength: 3 }).chain((losers) =>
    record({
      kind: constant('any' as const),
      winner,
      at: integer({ min: 0, max: losers.length }),
      losers: constant(losers),
    }),
  );
}

function subOf(program: Arbitrary<Program>, retry: Arbitrary<Retry | null>): Arbitrary<Task> {
  return record({ kind: constant('sub' as const), program, retry, isNamed: boolean() });
}

/** A sub-orchestration that fails a few times, at an activity of its own, before it succeeds. */
function retriedSub(depth: number): Arbitrary<Task> {
  return integer({ min: 1, max: 2 }).chain((failures) => {
    const unsteady = record({
      kind: constant('run' as const),
      isCaught: constant(false),
      task: record({
        ...activity,
        outcome: constant({ kind: 'fail-first-instances' as const, failures }),
        retry: constant(null),
      }),
    });
    const steps = tuple(goodSteps(depth, 2), unsteady, goodSteps(depth, 2));
    const program = steps.map(([before, step, after]): Program => ({ generations: [[...before, step, ...after]] }));
    return subOf(program, anyRetry(failures + 1));
  });
}

/** Steps after which a program goes on. */
function goodSteps(depth: number, maxLength: number): Arbitrary<readonly Step[]> {
  const run = (task: Arbitrary<Task>, isCaught: Arbitrary<boolean>): Arbitrary<Step> =>
    record({ kind: constant('run' as const), task, isCaught });
  const waited = depth > 0 ? oneof(succeeding, subOf(goodProgram(0), constant(null))) : succeeding;
  const step: Arbitrary<Step> = oneof(
    { weight: 10, arbitrary: run(goodTask(depth, true), boolean()) },
    { weight: 4, arbitrary: run(badTask(depth, true), constant(true)) },
    {
      weight: 1,
      arbitrary: record({
        kind: constant('forget-timer' as const),
        task: waited,
        ms: integer({ min: 1, max: 200 }),
      }),
    },
    { weight: 1, arbitrary: record({ kind: constant('either' as const), value: anyValue }) },
    {
      weight: 2,
      arbitrary: record({
        kind: constant('signal' as const),
        operations: array(oneof({ weight: 6, arbitrary: goodOperation }, { weight: 1, arbitrary: brokenOperation }), {
          minLength: 1,
          maxLength: 4,
        }),
      }),
    },
    { weight: 1, arbitrary: record({ kind: constant('ask' as const), value: anyValue }) },
    { weight: 1, arbitrary: constant({ kind: 'look' as const }) },
  );
  return array(step, { maxLength });
}

function goodProgram(depth: number): Arbitrary<Program> {
  const maxLength = depth > 0 ? 4 : 3;
  const generations = oneof(
    { weight: 4, arbitrary: array(goodSteps(depth, maxLength), { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: array(goodSteps(depth, 2), { minLength: 2, maxLength: 4 }) },
  );
  return record({ generations });
}

/** A program whose last step fails. */
function badProgram(depth: number): Arbitrary<Program> {
  const last: Arbitrary<Step> = oneof(
    constant({ kind: 'fail' as const }),
    badTask(depth, true).map((task): Step => ({ kind: 'run', task, isCaught: false })),
  );
  return tuple(goodProgram(depth), last).map(([{ generations }, step]) => ({
    generations: [...generations.slice(0, -1), [...(generations.at(-1) ?? []), step]],
  }));
}

/** Steps that only a root has: its status is looked at, and events come to it from outside while it is the first generation. */
function withRootSteps(program: Program, values: readonly Value[] | null, status: Value | null, at: number): Program {
  const generations = program.generations.map((steps, generation): readonly Step[] => {
    const isOnly = program.generations.length === 1;
    const events: Step[] = isOnly && values !== null ? [{ kind: 'events', values }] : [];
    // The library leaves out a status that is falsy.
    const statuses: Step[] = status === null ? [] : [{ kind: 'status', value: { status, generation } }];
    return steps.toSpliced(Math.min(at, steps.length), 0, ...statuses, ...events);
  });
  return { generations };
}

/** Any program: about one in six fails in the end. */
export const anyProgram: Arbitrary<Program> = tuple(
  oneof({ weight: 5, arbitrary: goodProgram(3) }, { weight: 1, arbitrary: badProgram(2) }),
  oneof(
    { weight: 2, arbitrary: constant(null) },
    { weight: 1, arbitrary: array(anyValue, { minLength: 1, maxLength: 3 }) },
  ),
  oneof(constant(null), anyValue),
  integer({ min: 0, max: 3 }),
).map(([program, values, status, at]) => withRootSteps(program, values, status, at));
