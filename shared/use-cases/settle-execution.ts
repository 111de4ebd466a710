import { type ExecutionDocument, leaseIdOf, partitionIdOf } from '../core/documents/execution.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import { dueKey } from '../core/due.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { raiseWatermarks, watermarkKey } from '../core/watermark.ts';
import { announceRunEnd } from './announce-run-end.ts';
import { freeTask } from './hold-task.ts';
import { supersedeHolds } from './holds/known-holds.ts';
import type { MergeNeeds } from './merge-shards/complete-merge.ts';
import { requestScan } from './push/lane.ts';
import { reopenLastPage } from './reopen-links.ts';

type Needs = MergeNeeds &
  Pick<
    Deps,
    | 'newId'
    | 'holds'
    | 'pushLanes'
    | 'pushQueue'
    | 'tasks'
    | 'runs'
    | 'keys'
    | 'leases'
    | 'events'
    | 'healthDue'
    | 'engine'
  >;

/**
 * What follows the end of a run: its event is recorded, its watermarks go to the task, the watch ends, the task becomes free. Of a partition only
 * its lease becomes free: the rest is the run's. Repeatable: whoever finds an ended run that still occupies its task completes it.
 */
export async function settleExecution(deps: Needs, scope: Scope, execution: ExecutionDocument): Promise<void> {
  if (execution.partition === undefined) await announceRunEnd(deps, scope, execution);
  if (execution.holdId !== undefined)
    await supersedeHolds(deps, scope, [{ id: execution.holdId }], 'The run that waited for the decision has ended.');
  const leaseId = leaseIdOf(execution);
  const lease = await deps.leases.get(scope, { id: leaseId });
  if (lease?.document.executionId !== execution.id) return;
  if (execution.state !== 'succeeded') await reopenLastPage(deps, scope, execution);
  if (execution.partition !== undefined) return freeTask(deps, scope, leaseId, execution.id);
  await raiseTask(deps, scope, execution);
  await scanAfter(deps, scope, execution);
  await forgetPartitions(deps, scope, execution);
  const watch = await deps.due.get(dueKey('watch', scope.tenantId, execution.taskId));
  if (watch?.document.executionId === execution.id) await deps.due.remove(watch.document, watch.etag);
  await freeTask(deps, scope, leaseId, execution.id);
  deps.log.info('run ended', {
    tenantId: scope.tenantId,
    executionId: execution.id,
    state: execution.state,
    ...execution.counts,
    ...(execution.problem === undefined ? {} : { problem: execution.problem }),
  });
}

function stoppedEarly({ state }: ExecutionDocument): boolean {
  return state === 'failed' || state === 'cancelled';
}

/** A run that was stopped moves no watermark: what it read will be read again. */
async function raiseTask(deps: Needs, scope: Scope, execution: ExecutionDocument): Promise<void> {
  const reached = stoppedEarly(execution) ? {} : execution.watermarks;
  const sizes = stoppedEarly(execution) ? {} : sizesOf(execution);
  const pulled = stoppedEarly(execution) ? undefined : pulledBy(execution);
  for (;;) {
    const stored = await deps.tasks.get(scope, { id: execution.taskId });
    if (stored === undefined) return;
    const task = stored.document;
    if (task.lastExecutionId === execution.id) return;
    const result = await deps.tasks.write(scope, {
      kind: 'replace',
      etag: stored.etag,
      document: {
        ...task,
        watermarks: raiseWatermarks(task.watermarks, reached),
        sizes: { ...task.sizes, ...sizes },
        ...(pulled === undefined && task.pulled === undefined ? {} : { pulled: { ...task.pulled, ...pulled } }),
        lastExecutionId: execution.id,
      },
    });
    if (result.ok) return;
  }
}

/** The objects of which the run, with the one that it goes on with, has read every record. */
function pulledBy({ plan, progress }: ExecutionDocument): TaskDocument['pulled'] {
  if (plan.failedOf !== undefined || plan.pushOnly === true) return undefined;
  const keys = plan.objects.flatMap((planned, index) => {
    const key = watermarkKey(planned, plan);
    return plan.since[key] === undefined && progress[index]?.problem === undefined ? [key] : [];
  });
  return keys.length === 0 ? undefined : Object.fromEntries(keys.map((key) => [key, true as const]));
}

/**
 * A run that read an object whole may have made it known that shards have no record there, and a run that only pushes is just that: all shards are
 * looked at. Repeated after a crash, it also looks when the task knows of the run already.
 */
async function scanAfter(deps: Needs, scope: Scope, execution: ExecutionDocument): Promise<void> {
  const task = (await deps.tasks.get(scope, { id: execution.taskId }))?.document;
  if (task === undefined || task.direction === 'pull' || stoppedEarly(execution)) return;
  const isNews = Object.keys(pulledBy(execution) ?? {}).length > 0;
  if (task.direction === 'bidirectional' && !isNews) return;
  const types = execution.plan.objects.flatMap(({ shardTypes }) => Object.keys(shardTypes));
  await requestScan(deps, scope, execution.integrationId, types);
}

/** How many records each object has that the run read whole. */
function sizesOf({ plan, progress, retryOf }: ExecutionDocument): Record<string, number> {
  if (retryOf !== undefined || plan.pushOnly === true) return {};
  return Object.fromEntries(
    plan.objects.flatMap((mapping, index) => {
      const key = watermarkKey(mapping, plan);
      const object = progress[index];
      const isWhole = plan.since[key] === undefined && object !== undefined && object.problem === undefined;
      return isWhole ? [[key, object.received]] : [];
    }),
  );
}

/** The leases of partitions are of no more use: what a stale worker would still commit is refused by the partition, which has ended. */
async function forgetPartitions(deps: Needs, scope: Scope, { id, bulk }: ExecutionDocument): Promise<void> {
  for (let index = 0; index < (bulk?.partitions ?? 0); index += 1)
    await deps.leases.remove(scope, { id: partitionIdOf(id, index) });
}
