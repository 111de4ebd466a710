import type { z } from 'zod';
import type { execution } from '../contracts/executions.ts';
import type { ExecutionDocument } from './documents/execution.ts';

/**
 * A stored run as the API shows it. The rate is over the whole run so far, waiting included: what a person who looks at the clock sees.
 */
export function describeExecution(document: ExecutionDocument, now: Date): z.infer<typeof execution> {
  return {
    id: document.executionId,
    integrationId: document.integrationId,
    taskId: document.taskId,
    state: document.state,
    mode: document.mode,
    trigger: document.trigger,
    counts: document.counts,
    pages: document.pages,
    object: document.plan.objects[document.checkpoint.objectIndex]?.object,
    recordsPerSecond: recordsPerSecond(document, now),
    attempt: document.attempt,
    waitingUntil: document.state === 'waiting' ? document.waitingUntil : undefined,
    problem: document.problem,
    createdAt: document.createdAt,
    startedAt: document.startedAt,
    finishedAt: document.finishedAt,
  };
}

function recordsPerSecond(document: ExecutionDocument, now: Date): number | undefined {
  if (document.startedAt === undefined || document.counts.received === 0) return undefined;
  const endMs = document.finishedAt === undefined ? now.getTime() : Date.parse(document.finishedAt);
  const elapsedMs = endMs - Date.parse(document.startedAt);
  return elapsedMs > 0 ? Math.round((document.counts.received * 10_000) / elapsedMs) / 10 : undefined;
}
