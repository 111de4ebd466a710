import type { z } from 'zod';
import type { execution } from '../contracts/executions.ts';
import { isComparing } from './compare-records.ts';
import type { ComparedFeed } from './documents/comparison.ts';
import type { ExecutionDocument } from './documents/execution.ts';
import { isTerminal } from './execution-states.ts';
import { recordsLeft } from './object-progress.ts';
import { watermarkKey } from './watermark.ts';

type Execution = z.infer<typeof execution>;

/** A stored run as the API shows it. */
export function describeExecution(document: ExecutionDocument, now: Date): Execution {
  return {
    id: document.executionId,
    integrationId: document.integrationId,
    taskId: document.taskId,
    state: document.state,
    mode: document.mode,
    trigger: document.trigger,
    retryOf: document.retryOf,
    rollbackOf: document.plan.rollback?.executionId,
    counts: document.counts,
    pages: document.pages,
    progress: describeProgress(document, now),
    attempt: document.attempt,
    waitingUntil: document.state === 'waiting' ? document.waitingUntil : undefined,
    problem: document.problem,
    holdId: document.state === 'paused' ? document.holdId : undefined,
    comparison: document.comparison?.feeds.map(describeFeed),
    createdAt: document.createdAt,
    startedAt: document.startedAt,
    finishedAt: document.finishedAt,
  };
}

function describeFeed(feed: ComparedFeed): NonNullable<Execution['comparison']>[number] {
  const { object, shardTypeId, links, missing, deleted, outcome, reason, holdId } = feed;
  return { object, shardTypeId, links, missing, deleted, outcome, reason, holdId };
}

/**
 * The rate is over the whole run so far, waiting included: what a person who looks at the clock sees. The end is estimated from it, where it is
 * known how many records there are.
 */
function describeProgress(document: ExecutionDocument, now: Date): Execution['progress'] {
  const { plan, checkpoint, progress } = document;
  const mapping = isTerminal(document) ? undefined : plan.objects[checkpoint.objectIndex];
  const rate = recordsPerSecond(document, now);
  const left = recordsLeft(document);
  const expected = left === undefined ? undefined : document.counts.received + left;
  return {
    phase: phaseOf(document),
    ...(mapping === undefined ? {} : { object: mapping.object, objectNumber: checkpoint.objectIndex + 1 }),
    objects: plan.objects.length,
    checkpoint: {
      from: mapping === undefined ? undefined : plan.since[watermarkKey(mapping, plan)],
      to: checkpoint.newestModifiedAt,
      page: document.pages,
    },
    partitions: document.bulk && document.bulk.partitions - (document.bulk.compares === true ? 1 : 0),
    expectedRecords: Number.isSafeInteger(expected) ? expected : undefined,
    recordsPerSecond: rate,
    estimatedEndAt: estimatedEnd(document, left, rate, now),
    problems: plan.objects.flatMap(({ object }, index) => {
      const problem = progress[index]?.problem;
      return problem === undefined ? [] : [{ object, problem }];
    }),
  };
}

/** A year: beyond it an estimate says nothing. */
const longestEstimateMs = 365 * 86_400_000;

function phaseOf(document: ExecutionDocument): Execution['progress']['phase'] {
  if (isTerminal(document)) return 'ended';
  if (document.state === 'running') {
    if (document.plan.rollback !== undefined) return 'restoring';
    return isComparing(document) ? 'comparing' : 'reading';
  }
  return document.state as 'queued' | 'waiting' | 'paused' | 'cancelling';
}

function estimatedEnd(
  document: ExecutionDocument,
  left: number | undefined,
  rate: number | undefined,
  now: Date,
): string | undefined {
  if (document.state !== 'running' || left === undefined || rate === undefined || rate === 0) return undefined;
  const leftMs = (left * 1000) / rate;
  return leftMs > longestEstimateMs ? undefined : new Date(now.getTime() + Math.round(leftMs)).toISOString();
}

function recordsPerSecond(document: ExecutionDocument, now: Date): number | undefined {
  if (document.startedAt === undefined || document.counts.received === 0) return undefined;
  const endMs = document.finishedAt === undefined ? now.getTime() : Date.parse(document.finishedAt);
  const elapsedMs = endMs - Date.parse(document.startedAt);
  return elapsedMs > 0 ? Math.round((document.counts.received * 10_000) / elapsedMs) / 10 : undefined;
}
