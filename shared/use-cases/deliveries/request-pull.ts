import { createHash } from 'node:crypto';
import { AppError } from '../../core/app-error.ts';
import type { PullDueDocument } from '../../core/documents/due.ts';
import { dueKey } from '../../core/due.ts';
import { composeId } from '../../core/ids.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { startExecution } from '../start-execution.ts';

/** Hints that come within this time of the first are answered by one run. */
const windowMs = 5_000;

/**
 * Asks for an incremental run of a task. However many hints ask, one run answers for all that came until it starts; those that come later, also while it
 * runs, have one more.
 */
export async function requestPull(
  deps: Pick<Deps, 'due' | 'now' | 'newId'>,
  scope: Scope,
  { integrationId, taskId }: { readonly integrationId: string; readonly taskId: string },
): Promise<void> {
  const key = dueKey('pull', scope.tenantId, taskId);
  const present = await deps.due.get(key);
  const wanted = new Date(deps.now().getTime() + windowMs).toISOString();
  const dueAt = present === undefined || present.document.dueAt > wanted ? wanted : present.document.dueAt;
  await deps.due.put({
    ...key,
    schemaVersion: 1,
    kind: 'pull',
    tenantId: scope.tenantId,
    integrationId,
    taskId,
    touch: deps.newId('message'),
    dueAt,
  });
}

/** Starts the run that was asked for; while another one is in progress it waits for that to end. A hint that came meanwhile keeps the entry. */
export async function runRequestedPull(
  deps: Deps,
  scope: Scope,
  { document, etag }: Stored<PullDueDocument>,
): Promise<void> {
  const { integrationId, taskId, touch } = document;
  const entry = { document, etag };
  const task = (await deps.tasks.get(scope, { id: taskId }))?.document;
  if (task === undefined || !task.enabled) return deps.due.remove(document, etag);
  const executionId = composeId(
    'execution',
    Date.parse(document.dueAt),
    createHash('sha256').update(`${taskId} ${touch}`).digest(),
  );
  try {
    await startExecution(deps, scope, { integrationId, taskId, mode: 'incremental', trigger: 'webhook', executionId });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'already-running') {
      await deps.due.reschedule(entry, new Date(deps.now().getTime() + windowMs).toISOString());
      return;
    }
    // The next run reads what this one would have: its watermark has not moved.
    const { code: reason, detail } = error;
    deps.log.warn('a run that webhooks asked for was left out', { tenantId: scope.tenantId, taskId, reason, detail });
  }
  await deps.due.remove(document, etag);
}
