import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/**
 * Sends a message that works on a run, at once. One more than needed does no harm: the run's lease lets one worker through.
 *
 * @param messageId the holder for which the task is kept already; a new one unless given
 */
export async function sendSyncMessage(
  deps: Pick<Deps, 'syncQueue' | 'newId'>,
  { tenantId, traceparent }: Scope,
  { id: executionId, integrationId, taskId }: Pick<ExecutionDocument, 'id' | 'integrationId' | 'taskId'>,
  messageId: string = deps.newId('message'),
): Promise<void> {
  await deps.syncQueue.send({
    kind: 'sync-pages',
    tenantId,
    traceparent,
    messageId,
    integrationId,
    taskId,
    executionId,
  });
}
