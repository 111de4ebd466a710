import type { PullPage } from './adapter.ts';
import { wantsComparison } from './compare-records.ts';
import { addCounts, type Counts, noCounts, reconciles } from './counts.ts';
import type { Checkpoint, ExecutionDocument } from './documents/execution.ts';
import { forgetReceived, noteObject, problemOfObjects } from './object-progress.ts';
import { noteRead } from './object-read.ts';
import { reachedWatermark, watermarkKey } from './watermark.ts';

type Execution = ExecutionDocument;

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
  /** What the run changes so far in shards that were there, this page included. */
  readonly tallies?: Execution['tallies'];
}

/**
 * The run after a page has been applied. It ends with the last page of the last object; and as cancelled, if that was asked for meanwhile.
 */
export function advancePage(execution: Execution, applied: AppliedPage, now: string): Execution {
  const { problem: _problem, ...rest } = execution;
  const dated = noteDates(execution.checkpoint, applied);
  const next: Execution = {
    ...rest,
    counts: addCounts(execution.counts, applied.counts),
    progress: noteProgress(execution, applied),
    ...(applied.tallies === undefined ? {} : { tallies: applied.tallies }),
    pages: execution.pages + 1,
    attempt: 0,
    revivals: 0,
    updatedAt: now,
  };
  if (applied.pull.done) return finishObject({ ...next, checkpoint: dated }, now);
  const { emptyPages: _emptyPages, ...checkpoint } = dated;
  const emptyPages = emptyPagesAfter(execution.checkpoint, applied.pull);
  const moved: Execution = {
    ...next,
    checkpoint: {
      ...checkpoint,
      ...(emptyPages === 0 ? {} : { emptyPages }),
      ...(applied.pull.next === undefined ? {} : { cursor: applied.pull.next }),
    },
  };
  return moved.state === 'cancelling' ? endCancelled(moved, now) : moved;
}

function noteProgress(execution: Execution, { pull, counts }: AppliedPage): Execution['progress'] {
  const { objectIndex } = execution.checkpoint;
  const seen = { received: counts.received, expected: pull.total };
  return noteObject(execution.progress, objectIndex, { ...seen, read: noteRead(execution, pull) });
}

/** The object was read to its end: its watermark is reached, and the next object begins. */
function finishObject(execution: Execution, now: string): Execution {
  const { checkpoint, plan } = execution;
  const mapping = plan.objects[checkpoint.objectIndex];
  const reached = plan.failedOf === undefined ? reachedWatermark(checkpoint) : undefined;
  const watermarks =
    mapping === undefined || reached === undefined
      ? execution.watermarks
      : { ...execution.watermarks, [watermarkKey(mapping, plan)]: reached };
  return nextObject({ ...execution, watermarks }, now);
}

/** The object could not be read to its end: the others are. Its watermark stays where it was. */
export function leaveObject(execution: Execution, problem: string, now: string): Execution {
  const { objectIndex } = execution.checkpoint;
  const progress = noteObject(execution.progress, objectIndex, { received: 0, problem });
  return nextObject({ ...execution, progress, attempt: 0, revivals: 0, updatedAt: now }, now);
}

function nextObject(execution: Execution, now: string): Execution {
  const objectIndex = execution.checkpoint.objectIndex + 1;
  // A partition keeps its dates: the run's watermark follows from those of all its partitions.
  const { objectStartedAt, newestModifiedAt } = execution.partition === undefined ? {} : execution.checkpoint;
  const moved: Execution = {
    ...execution,
    checkpoint: {
      objectIndex,
      restarted: false,
      ...(objectStartedAt === undefined ? {} : { objectStartedAt }),
      ...(newestModifiedAt === undefined ? {} : { newestModifiedAt }),
    },
  };
  if (moved.state === 'cancelling') return endCancelled(moved, now);
  return objectIndex < execution.plan.objects.length || wantsComparison(moved) ? moved : endWell(moved, now);
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

/** "Succeeded" is impossible when the counts don't reconcile, or when an object was left. */
export function endWell(execution: Execution, now: string): Execution {
  if (!reconciles(execution.counts)) return fail(execution, 'The counts of the run do not add up.', now);
  const left = problemOfObjects(execution);
  if (left?.all === true) return fail(execution, left.problem, now);
  const isPartial = execution.counts.failed > 0 || left !== undefined;
  return {
    ...execution,
    state: isPartial ? 'partial' : 'succeeded',
    ...(left === undefined ? {} : { problem: left.problem }),
    updatedAt: now,
    finishedAt: now,
  };
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
  const { objectIndex } = execution.checkpoint;
  return {
    ...execution,
    checkpoint: { objectIndex, restarted: true },
    progress: forgetReceived(execution.progress, objectIndex),
    problem,
    updatedAt: now,
  };
}

/** The integration was given other settings: what was read and how far says nothing about what they lead to. */
export function readAnew(execution: Execution, source: string, now: string): Execution {
  const { comparison: _comparison, tallies: _tallies, ...rest } = execution;
  return {
    ...rest,
    plan: { ...execution.plan, since: {}, source },
    checkpoint: { objectIndex: 0, restarted: false },
    progress: {},
    watermarks: {},
    updatedAt: now,
  };
}

/** A person stops the run for now; where it was waiting, it still will be. */
export function pause(execution: Execution, now: string): Execution {
  return { ...execution, state: 'paused', updatedAt: now };
}

/** The run waits for people to decide about a hold. */
export function holdRun(execution: Execution, holdId: string, problem: string, now: string): Execution {
  return { ...pause(execution, now), holdId, problem };
}

/** A paused run is to go on from its checkpoint; where the provider asked to be left alone, only then. */
export function requeue(execution: Execution, now: string): Execution {
  const isEarly = execution.waitingUntil !== undefined && execution.waitingUntil > now;
  const { holdId: _holdId, ...rest } = execution;
  return { ...rest, state: isEarly ? 'waiting' : 'queued', updatedAt: now };
}

/** A worker may be in the midst of a page: it ends the run when it has committed it. */
export function requestCancel(execution: Execution, now: string): Execution {
  return { ...execution, state: 'cancelling', updatedAt: now };
}

/** What was applied stays, and is counted. */
export function endCancelled(execution: Execution, now: string): Execution {
  const { waitingUntil: _waitingUntil, problem: _problem, ...rest } = execution;
  return { ...rest, state: 'cancelled', updatedAt: now, finishedAt: now };
}

/** The run cannot go on. One that was to be cancelled is just that. */
export function fail(execution: Execution, problem: string, now: string): Execution {
  if (execution.state === 'cancelling') return endCancelled(execution, now);
  const { waitingUntil: _waitingUntil, ...rest } = execution;
  return { ...rest, state: 'failed', problem, updatedAt: now, finishedAt: now };
}

export function nothingYet(): Pick<Execution, 'counts' | 'pages' | 'fence' | 'attempt' | 'revivals' | 'progress'> {
  return { counts: noCounts(), pages: 0, fence: 0, attempt: 0, revivals: 0, progress: {} };
}
