import type { ExecutionDocument } from '../core/documents/execution.ts';
import { dueKey } from '../core/due.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** Has the clock look after a run, first at `dueAtMs`. */
export async function putWatch(
  deps: Pick<Deps, 'due'>,
  scope: Scope,
  { integrationId, taskId, id: executionId }: Pick<ExecutionDocument, 'integrationId' | 'taskId' | 'id'>,
  dueAtMs: number,
): Promise<void> {
  await deps.due.put({
    ...dueKey('watch', scope.tenantId, taskId),
    schemaVersion: 1,
    kind: 'watch',
    tenantId: scope.tenantId,
    integrationId,
    taskId,
    executionId,
    dueAt: new Date(dueAtMs).toISOString(),
  });
}
