import type { ExecutionDocument } from './documents/execution.ts';

type Progress = ExecutionDocument['progress'];

/** Adds to what is known of one object of the run. */
export function noteObject(
  progress: Progress,
  objectIndex: number,
  seen: { readonly received: number; readonly expected?: number | undefined; readonly problem?: string },
): Progress {
  const before = progress[objectIndex];
  const expected = seen.expected ?? before?.expected;
  const problem = seen.problem ?? before?.problem;
  return {
    ...progress,
    [objectIndex]: {
      received: (before?.received ?? 0) + seen.received,
      ...(expected === undefined ? {} : { expected }),
      ...(problem === undefined ? {} : { problem }),
    },
  };
}

export function expectedOf({ progress }: Pick<ExecutionDocument, 'progress'>, objectIndex: number): number | undefined {
  return progress[objectIndex]?.expected;
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
  return { problem: problem.slice(0, 2000), all };
}

/** How many records the whole run is expected to bring; `undefined` when that of an object is not known. */
export function expectedRecords({ plan, progress }: Pick<ExecutionDocument, 'plan' | 'progress'>): number | undefined {
  let sum = 0;
  for (const index of plan.objects.keys()) {
    const object = progress[index];
    if (object?.problem !== undefined) sum += object.received;
    else if (object?.expected === undefined) return undefined;
    else sum += Math.max(object.expected, object.received);
  }
  return sum;
}
