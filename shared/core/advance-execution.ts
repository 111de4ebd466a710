import type { PullPage } from './adapter.ts';
import { addCounts, type Counts, noCounts, reconciles } from './counts.ts';
import type { Checkpoint, ExecutionDocument } from './documents/execution.ts';
import type { TaskDocument } from './documents/task.ts';
import { reachedWatermark, sinceOf, watermarkKey } from './watermark.ts';

type Execution = ExecutionDocument;

const terminalStates: readonly Execution['state'][] = ['succeeded', 'partial', 'failed'];

export function isTerminal(execution: Pick<Execution, 'state'>): boolean {
  return terminalStates.includes(execution.state);
}

/** A new run, frozen to what the task says now. */
export function planExecution(
  task: TaskDocument,
  input: {
    executionId: string;
    mode: Execution['mode'];
    trigger: Execution['trigger'];
    source: string;
    matchRules?: Execution['plan']['matchRules'];
    now: string;
  },
): Execution {
  const since: Record<string, string> = {};
  if (input.mode === 'incremental') {
    for (const mapping of task.objects) {
      const key = watermarkKey(mapping, input);
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
      objects: task.objects,
      pageSize: task.pageSize,
      deletions: task.deletions,
      since,
      source: input.source,
      ...(input.matchRules === undefined ? {} : { matchRules: input.matchRules }),
    },
    checkpoint: { objectIndex: 0, restarted: false },
    watermarks: {},
    counts: noCounts(),
    pages: 0,
    fence: 0,
    attempt: 0,
    revivals: 0,
    createdAt: input.now,
    updatedAt: input.now,
  };
}

/** A worker with this fence goes on with the run. */
export function beginWork(execution: Execution, fence: number, now: string): Execution {
  const { waitingUntil: _waitingUntil, ...rest } = execution;
  return { ...rest, state: 'running', fence, startedAt: execution.startedAt ?? now, updatedAt: now };
}

export interface AppliedPage {
  readonly pull: PullPage;
  readonly counts: Counts;
  /** No later than the provider's clock when it read this page. */
  readonly readAt: string;
}

/** The run after a page has been applied; ended, if it was the last page of the last object. */
export function advancePage(execution: Execution, applied: AppliedPage, now: string): Execution {
  const { problem: _problem, ...rest } = execution;
  const checkpoint = noteDates(execution.checkpoint, applied);
  const counts = addCounts(execution.counts, applied.counts);
  const next: Execution = { ...rest, counts, pages: execution.pages + 1, attempt: 0, revivals: 0, updatedAt: now };
  if (!applied.pull.done) {
    const { emptyPages: _emptyPages, ...dated } = checkpoint;
    const emptyPages = emptyPagesAfter(execution.checkpoint, applied.pull);
    return {
      ...next,
      checkpoint: {
        ...dated,
        ...(emptyPages === 0 ? {} : { emptyPages }),
        ...(applied.pull.next === undefined ? {} : { cursor: applied.pull.next }),
      },
    };
  }
  const mapping = execution.plan.objects[checkpoint.objectIndex];
  const key = mapping === undefined ? undefined : watermarkKey(mapping, execution.plan);
  const reached = key === undefined ? undefined : reachedWatermark(checkpoint);
  const watermarks =
    key === undefined || reached === undefined ? execution.watermarks : { ...execution.watermarks, [key]: reached };
  const objectIndex = checkpoint.objectIndex + 1;
  const moved: Execution = { ...next, watermarks, checkpoint: { objectIndex, restarted: false } };
  return objectIndex < execution.plan.objects.length ? moved : endWell(moved, now);
}

/** How many pages in a row held no record, this one included. */
export function emptyPagesAfter(
  before: Pick<Checkpoint, 'emptyPages'>,
  page: Pick<PullPage, 'changes' | 'rejected'>,
): number {
  return page.changes.length + page.rejected.length > 0 ? 0 : (before.emptyPages ?? 0) + 1;
}

function noteDates(checkpoint: Checkpoint, applied: AppliedPage): Checkpoint {
  let newest = checkpoint.newestModifiedAt;
  for (const change of applied.pull.changes) {
    if (change.modifiedAt !== undefined && (newest === undefined || change.modifiedAt > newest))
      newest = change.modifiedAt;
  }
  return {
    ...checkpoint,
    objectStartedAt: checkpoint.objectStartedAt ?? applied.readAt,
    ...(newest === undefined ? {} : { newestModifiedAt: newest }),
  };
}

/** "Succeeded" is impossible when the counts don't reconcile. */
function endWell(execution: Execution, now: string): Execution {
  if (!reconciles(execution.counts)) return fail(execution, 'The counts of the run do not add up.', now);
  return { ...execution, state: execution.counts.failed > 0 ? 'partial' : 'succeeded', finishedAt: now };
}

/** The provider asked for a pause, or failed: the page will be tried again. */
export function waitUntil(execution: Execution, until: string, problem: string, now: string): Execution {
  return {
    ...execution,
    state: 'waiting',
    attempt: execution.attempt + 1,
    waitingUntil: until,
    problem,
    updatedAt: now,
  };
}

/** The provider forgot the cursor: the object is read again from its start, with the same `since`. */
export function restartObject(execution: Execution, problem: string, now: string): Execution {
  return {
    ...execution,
    checkpoint: { objectIndex: execution.checkpoint.objectIndex, restarted: true },
    problem,
    updatedAt: now,
  };
}

/** The integration was given other settings: what was read and how far says nothing about what they lead to. */
export function readAnew(execution: Execution, source: string, now: string): Execution {
  return {
    ...execution,
    plan: { ...execution.plan, since: {}, source },
    checkpoint: { objectIndex: 0, restarted: false },
    watermarks: {},
    updatedAt: now,
  };
}

export function fail(execution: Execution, problem: string, now: string): Execution {
  const { waitingUntil: _waitingUntil, ...rest } = execution;
  return { ...rest, state: 'failed', problem, updatedAt: now, finishedAt: now };
}
