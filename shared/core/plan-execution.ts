import { nothingYet } from './advance-execution.ts';
import type { PlannedObject } from './documents/conversion.ts';
import type { ExecutionDocument } from './documents/execution.ts';
import type { TaskDocument } from './documents/task.ts';
import { matcherOf } from './identity/frozen-rules.ts';
import { sinceOf, watermarkKey } from './watermark.ts';

export interface PlanInput {
  readonly executionId: string;
  readonly mode: ExecutionDocument['mode'];
  readonly trigger: ExecutionDocument['trigger'];
  /** The task's objects with their mappings as they are published now. */
  readonly objects: readonly PlannedObject[];
  readonly source: string;
  /** The match rules in force. */
  readonly matchRules?: ExecutionDocument['plan']['matchRules'];
  readonly now: string;
}

/** A new run, frozen to what the task and its mappings say now. */
export function planExecution(task: TaskDocument, input: PlanInput): ExecutionDocument {
  const since: Record<string, string> = {};
  if (input.mode === 'incremental') {
    for (const planned of input.objects) {
      const key = watermarkKey(planned, input);
      const from = sinceOf(task, key);
      if (from !== undefined) since[key] = from;
    }
  }
  return {
    id: input.executionId,
    executionId: input.executionId,
    tenantId: task.tenantId,
    kind: 'execution',
    schemaVersion: 1,
    integrationId: task.integrationId,
    taskId: task.id,
    state: 'queued',
    mode: input.mode,
    trigger: input.trigger,
    plan: {
      objects: [...input.objects],
      pageSize: task.pageSize,
      deletions: task.deletions,
      holds: task.holds,
      since,
      ...knownSizes(task, since),
      source: input.source,
      bulk: task.bulk,
      ...(task.direction === 'push' ? { pushOnly: true as const } : {}),
      ...(input.matchRules === undefined ? {} : { matchRules: input.matchRules }),
    },
    checkpoint: { objectIndex: 0, restarted: false },
    watermarks: {},
    ...nothingYet(),
    progress: expectations(task, since, input),
    createdAt: input.now,
    updatedAt: input.now,
  };
}

/** What share of an object a partial read changes follows from how large that is. */
function knownSizes(
  { sizes = {} }: TaskDocument,
  since: Readonly<Record<string, string>>,
): Pick<ExecutionDocument['plan'], 'known'> {
  const known = Object.fromEntries(Object.entries(sizes).filter(([key]) => since[key] !== undefined));
  return Object.keys(known).length === 0 ? {} : { known };
}

/** A full read is expected to bring what the last one brought. */
function expectations(
  task: TaskDocument,
  since: Readonly<Record<string, string>>,
  input: Pick<PlanInput, 'objects' | 'source'>,
): ExecutionDocument['progress'] {
  return Object.fromEntries(
    input.objects.flatMap((planned, index) => {
      const key = watermarkKey(planned, input);
      const expected = since[key] === undefined ? task.sizes?.[key] : undefined;
      return expected === undefined ? [] : [[index, { received: 0, expected }]];
    }),
  );
}

/**
 * A run that goes on where a stopped one was, as long as it would read the same: what has been applied need not be read again, and the watermark
 * follows from when the stopped run began. Otherwise it begins anew.
 */
export function continueFrom(planned: ExecutionDocument, stopped: ExecutionDocument): ExecutionDocument {
  const run: ExecutionDocument = { ...planned, retryOf: stopped.id };
  if (stopped.state !== 'failed' && stopped.state !== 'cancelled') return run;
  if (
    stopped.plan.failedOf !== undefined ||
    stopped.bulk !== undefined ||
    stopped.mode !== planned.mode ||
    !readsTheSame(planned, stopped)
  )
    return run;
  const { objectIndex } = stopped.checkpoint;
  if (objectIndex >= stopped.plan.objects.length || hasLeftObject(stopped)) return run;
  return {
    ...run,
    plan: { ...planned.plan, since: stopped.plan.since },
    checkpoint: {
      ...stopped.checkpoint,
      restarted: false,
      ...(stopped.checkpoint.objectStartedAt === undefined ? {} : { inherited: true }),
    },
    watermarks: stopped.watermarks,
    progress: expectationsLeft(run.progress, stopped),
  };
}

function expectationsLeft(progress: ExecutionDocument['progress'], stopped: ExecutionDocument) {
  const { objectIndex } = stopped.checkpoint;
  const object = progress[objectIndex];
  if (object?.expected === undefined) return progress;
  const expected = Math.max(0, object.expected - (stopped.progress[objectIndex]?.received ?? 0));
  return { ...progress, [objectIndex]: { ...object, expected } };
}

function hasLeftObject({ progress }: ExecutionDocument): boolean {
  return Object.values(progress).some(({ problem }) => problem !== undefined);
}

/**
 * Also a mapping that was published again counts as another: what one in between made of the records is not what it would. And also the match
 * rules: a run finds the duplicates of all that it reads by one set of them.
 */
function readsTheSame(planned: ExecutionDocument, stopped: ExecutionDocument): boolean {
  const [here, there] = [planned, stopped].map(({ plan }) =>
    [
      plan.deletions,
      ...plan.objects.map((each) => watermarkKey(each, plan)),
      ...plan.objects
        .flatMap(({ shardTypes }) => Object.keys(shardTypes))
        .map((shardTypeId) => matcherOf(plan.matchRules, shardTypeId)?.fingerprint),
    ].join(' '),
  );
  return here === there;
}

/** A run over failed records, with the task's mappings and the match rules as they are now. `retryOf` is the run that is retried: the one whose records they are, or its retry. */
export function planRetryOfRecords(
  task: TaskDocument,
  input: PlanInput,
  failedOf: NonNullable<ExecutionDocument['plan']['failedOf']>,
  retryOf: string,
): ExecutionDocument {
  const planned = planExecution(task, { ...input, mode: 'full' });
  return { ...planned, retryOf, progress: {}, plan: { ...planned.plan, failedOf } };
}
