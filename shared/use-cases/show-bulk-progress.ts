import type { BulkEnvelope } from '../core/bulk-envelope.ts';
import { showWaiting, sumPartitions } from '../core/bulk-run.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { readPartitions } from './bulk-run.ts';
import { moveExecution } from './move-execution.ts';

/** Writes to the run what its partitions have done so far, unless someone else just did. */
export async function showBulkProgress(deps: Deps, scope: Scope, envelope: BulkEnvelope): Promise<void> {
  const { executionId: id, generation } = envelope;
  const stored = await deps.runs.executions.get(scope, { id, partition: id });
  if (stored === undefined || stored.document.bulk?.generation !== generation) return;
  const { state } = stored.document;
  if (state !== 'running' && state !== 'waiting') return;
  const partitions = await readPartitions(deps, scope, stored.document);
  const documents = partitions.map(({ document }) => document);
  const summed = sumPartitions(stored.document, documents, deps.now().toISOString());
  const execution = showWaiting(summed, documents);
  if (execution.pages > stored.document.pages || execution.state !== state)
    await moveExecution(deps, scope, stored, { execution });
}
