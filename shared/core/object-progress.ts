import type { ObjectRead } from './documents/comparison.ts';
import type { ExecutionDocument } from './documents/execution.ts';

type Progress = ExecutionDocument['progress'];

/** Adds to what is known of one object of the run. */
export function noteObject(
  progress: Progress,
  objectIndex: number,
  seen: {
    readonly received: number;
    readonly expected?: number | undefined;
    readonly problem?: string;
    readonly read?: ObjectRead | undefined;
  },
): Progress {
  const before = progress[objectIndex];
  const expected = isCount(seen.expected) ? seen.expected : before?.expected;
  const problem = seen.problem ?? before?.problem;
  return {
    ...progress,
    [objectIndex]: {
      received: (before?.received ?? 0) + seen.received,
      ...(expected === undefined ? {} : { expected }),
      ...(problem === undefined ? {} : { problem }),
      ...(seen.read === undefined ? {} : { read: seen.read }),
    },
  };
}

/** What a provider says of itself may be anything. */
function isCount(value: number | undefined): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** The object is read from its start: nothing of it has been received. */
export function forgetReceived(progress: Progress, objectIndex: number): Progress {
  const before = progress[objectIndex];
  return before === undefined ? progress : { ...progress, [objectIndex]: { ...before, received: 0 } };
}

/** Which objects were left, in words, and whether it was all of them; `undefined` when none was. */
export function problemOfObjects({
  plan,
  progress,
}: Pick<ExecutionDocument, 'plan' | 'progress'>): { readonly problem: string; readonly all: boolean } | undefined {
  const left = plan.objects.flatMap(({ object }, index) => {
    const problem = progress[index]?.problem;
    return problem === undefined ? [] : [{ object, problem }];
  });
  const [first] = left;
  if (first === undefined) return undefined;
  const all = left.length === plan.objects.length;
  const problem =
    plan.objects.length === 1 ? first.problem : left.map((each) => `${each.object}: ${each.problem}`).join(' ');
  return { problem: problem.slice(0, 2000).toWellFormed(), all };
}

/** How many records the run is still expected to bring; `undefined` when that of an object is not known. */
export function recordsLeft({
  plan,
  progress,
  checkpoint,
}: Pick<ExecutionDocument, 'plan' | 'progress' | 'checkpoint'>): number | undefined {
  if (plan.rollback !== undefined) return Math.max(0, (progress[0]?.expected ?? 0) - (progress[0]?.received ?? 0));
  let left = 0;
  for (let index = checkpoint.objectIndex; index < plan.objects.length; index += 1) {
    const object = progress[index];
    if (object?.expected === undefined) return undefined;
    left += Math.max(0, object.expected - object.received);
  }
  return left;
}
