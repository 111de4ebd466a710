import { endCancelled, endWell, nothingYet } from '../advance-execution.ts';
import { addCounts, type Counts } from '../counts.ts';
import type { ExecutionDocument } from '../documents/execution.ts';
import { noteObject } from '../object-progress.ts';

/** What a rollback goes through, one after the other: the shards that the execution changed, and those that it created. */
export const rollbackSteps = ['changed', 'created'] as const;

export type RollbackStep = (typeof rollbackSteps)[number];

/** A run that takes another one back. It belongs to the same task, so that no run of that writes at the same time. */
export function planRollback(
  undone: ExecutionDocument,
  { executionId, acceptProvider, now }: { executionId: string; acceptProvider: boolean; now: string },
): ExecutionDocument {
  const { tenantId, integrationId, taskId, plan, counts } = undone;
  return {
    id: executionId,
    executionId,
    tenantId,
    kind: 'execution',
    schemaVersion: 1,
    integrationId,
    taskId,
    state: 'queued',
    mode: 'full',
    trigger: 'rollback',
    plan: {
      objects: [],
      pageSize: plan.pageSize,
      deletions: plan.deletions,
      since: {},
      bulk: 'never',
      rollback: { executionId: undone.id, acceptProvider },
    },
    checkpoint: { objectIndex: 0, restarted: false },
    watermarks: {},
    ...nothingYet(),
    progress: { 0: { received: 0, expected: counts.created + counts.updated } },
    createdAt: now,
    updatedAt: now,
  };
}

export interface UndonePage {
  readonly counts: Counts;
  /** The id after which the next page of the step begins; absent after its last. */
  readonly next?: string | undefined;
}

/** The rollback after a page of it was written. It ends with the last page of the last step; and as cancelled, if that was asked for meanwhile. */
export function advanceRollback(execution: ExecutionDocument, page: UndonePage, now: string): ExecutionDocument {
  const { objectIndex } = execution.checkpoint;
  const moved: ExecutionDocument = {
    ...execution,
    counts: addCounts(execution.counts, page.counts),
    progress: noteObject(execution.progress, 0, { received: page.counts.received }),
    pages: execution.pages + 1,
    attempt: 0,
    revivals: 0,
    checkpoint:
      page.next === undefined
        ? { objectIndex: objectIndex + 1, restarted: false }
        : { objectIndex, restarted: false, cursor: page.next },
    updatedAt: now,
  };
  if (moved.state === 'cancelling') return endCancelled(moved, now);
  return moved.checkpoint.objectIndex < rollbackSteps.length ? moved : endRollback(moved, now);
}

function endRollback(execution: ExecutionDocument, now: string): ExecutionDocument {
  const left = execution.counts.skipped;
  const ended = endWell(execution, now);
  if (left === 0 || ended.state !== 'succeeded') return ended;
  return { ...ended, state: 'partial', problem: `Shards left as they are: ${left}. They are listed with the reasons.` };
}
