import type { PullPage } from './adapter.ts';
import type { ObjectRead } from './documents/comparison.ts';
import type { ExecutionDocument } from './documents/execution.ts';
import { watermarkKey } from './watermark.ts';

type Execution = ExecutionDocument;

/** Whether it matters what the run does not see of an object: deletions are followed, and the whole of it is read. */
export function isWholeRead({ plan }: Pick<Execution, 'plan'>, objectIndex: number): boolean {
  const planned = plan.objects[objectIndex];
  return (
    planned !== undefined &&
    plan.deletions !== 'ignore' &&
    plan.failedOf === undefined &&
    plan.since[watermarkKey(planned, plan)] === undefined
  );
}

/** The read of the run's object after another page of it; `undefined` when it did not begin at the object's start. */
export function noteRead(execution: Execution, pull: PullPage): ObjectRead | undefined {
  const { objectIndex, objectStartedAt } = execution.checkpoint;
  if (!isWholeRead(execution, objectIndex)) return undefined;
  const isFirst = objectStartedAt === undefined;
  const begun = { from: execution.pages, fence: execution.fence, records: 0, unidentified: 0 };
  const read: ObjectRead | undefined = isFirst ? begun : execution.progress[objectIndex]?.read;
  if (read === undefined) return undefined;
  const total = leastOf(read.total, pull.total);
  return {
    ...read,
    records: read.records + pull.changes.length + pull.rejected.length,
    unidentified: read.unidentified + pull.rejected.filter(({ externalId }) => externalId === undefined).length,
    ...(total === undefined ? {} : { total }),
    ...(pull.done ? { to: execution.pages + 1 } : {}),
  };
}

/** Of the totals that a provider tells while records come and go, the least is what the read has to bring. */
function leastOf(before: number | undefined, told: number | undefined): number | undefined {
  if (told === undefined || !Number.isSafeInteger(told) || told < 0) return before;
  return before === undefined ? told : Math.min(before, told);
}
