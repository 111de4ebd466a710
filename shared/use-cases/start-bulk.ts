import { type BulkEnvelope, instanceIdOf } from '../core/bulk-envelope.ts';
import { beginBulk } from '../core/bulk-run.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { Deps, Orchestrations } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { lookAtRun } from './begin-slice.ts';
import { type Hold, handOver } from './hold-task.ts';
import { moveExecution } from './move-execution.ts';

/**
 * Hands a run over to an orchestration of its own, under a new generation: whatever an earlier one still does for it is refused. The task is the
 * orchestration's before it is started, so a repeated message only starts it once more, which does nothing.
 */
export async function startBulk(
  deps: Deps & { readonly orchestrations: Orchestrations },
  scope: Scope,
  hold: Hold,
  key: { readonly id: string; readonly partition: string },
): Promise<void> {
  for (;;) {
    const slice = await lookAtRun(deps, scope, hold, key);
    if (slice === undefined) return;
    const execution = beginBulk(slice.run.document, hold.fence, deps.now().toISOString());
    if ((await moveExecution(deps, scope, slice.run, { execution })) === undefined) continue;
    const envelope = bulkEnvelopeOf(scope, execution);
    if (!(await handOver(deps, scope, hold, instanceIdOf(envelope), 0))) return;
    return startOrchestration(deps, envelope);
  }
}

export function bulkEnvelopeOf(scope: Scope, { id, bulk }: ExecutionDocument): BulkEnvelope {
  return {
    tenantId: scope.tenantId,
    traceparent: scope.traceparent,
    executionId: id,
    generation: bulk?.generation ?? 1,
  };
}

export async function startOrchestration(
  { orchestrations }: { readonly orchestrations: Orchestrations },
  envelope: BulkEnvelope,
): Promise<void> {
  await orchestrations.start('bulk-sync', instanceIdOf(envelope), envelope);
}
