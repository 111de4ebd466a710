import { type BulkEnvelope, instanceIdOf } from '../core/bulk-envelope.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { Deps } from '../core/ports.ts';
import { type Scope, systemScope } from '../core/scope.ts';
import { findBulkRun } from './bulk-run.ts';
import { endRun } from './end-bulk-run.ts';
import { releaseTask } from './hold-task.ts';
import { settleExecution } from './settle-execution.ts';

/** The orchestration has nothing more to do: the run ends with what its partitions came to, or is let go when it was paused. Safe to repeat. */
export async function finishBulk(deps: Deps, envelope: BulkEnvelope): Promise<void> {
  const scope = systemScope(envelope.tenantId, 'bulk-sync', envelope.traceparent);
  for (;;) {
    const stored = await findBulkRun(deps, scope, envelope);
    if (stored === undefined) return settleEnded(deps, scope, envelope);
    if (stored.document.state === 'paused') return releaseTask(deps, scope, stored.document, instanceIdOf(envelope));
    if (await endRun(deps, scope, stored)) return;
  }
}

/** A crash between the end of the run and what follows it. */
async function settleEnded(deps: Deps, scope: Scope, { executionId: id }: BulkEnvelope): Promise<void> {
  const ended = (await deps.runs.executions.get(scope, { id, partition: id }))?.document;
  if (ended !== undefined && isTerminal(ended)) await settleExecution(deps, scope, ended);
}
