import type { ExecutionDocument } from '../core/documents/execution.ts';
import { dueKey } from '../core/due.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { raiseWatermarks } from '../core/watermark.ts';
import { freeTask } from './hold-task.ts';
import { reopenLastPage } from './reopen-links.ts';

type Needs = Pick<Deps, 'tasks' | 'runs' | 'links' | 'shards' | 'keys' | 'leases' | 'due' | 'now' | 'engine' | 'log'>;

/**
 * What follows the end of a run: its watermarks go to the task, the watch ends, the task becomes free. Repeatable: whoever finds an ended run
 * that still occupies its task completes it.
 */
export async function settleExecution(deps: Needs, scope: Scope, execution: ExecutionDocument): Promise<void> {
  const lease = await deps.leases.get(scope, { id: execution.taskId });
  if (lease?.document.executionId !== execution.id) return;
  if (execution.state === 'failed') await reopenLastPage(deps, scope, execution);
  await raiseTask(deps, scope, execution);
  const watch = await deps.due.get(dueKey('watch', scope.tenantId, execution.taskId));
  if (watch?.document.executionId === execution.id) await deps.due.remove(watch.document, watch.etag);
  await freeTask(deps, scope, execution.taskId, execution.id);
  deps.log.info('run ended', {
    tenantId: scope.tenantId,
    executionId: execution.id,
    state: execution.state,
    ...execution.counts,
    ...(execution.problem === undefined ? {} : { problem: execution.problem }),
  });
}

/** A failed run moves no watermark: what it read will be read again. */
async function raiseTask(deps: Needs, scope: Scope, execution: ExecutionDocument): Promise<void> {
  const reached = execution.state === 'failed' ? {} : execution.watermarks;
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
        lastExecutionId: execution.id,
      },
    });
    if (result.ok) return;
  }
}
