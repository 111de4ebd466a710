import { type BulkEnvelope, instanceIdOf } from '../core/bulk-envelope.ts';
import { type ExecutionDocument, partitionIdOf } from '../core/documents/execution.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { keepTask } from './hold-task.ts';

type Needs = Pick<Deps, 'runs' | 'leases' | 'now' | 'engine'>;

/**
 * The run that an orchestration works for, with a sign of life; `undefined` when it has ended, or another orchestration has it or will: then nothing
 * more may be done for it.
 */
export async function findBulkRun(
  deps: Needs,
  scope: Scope,
  envelope: BulkEnvelope,
): Promise<Stored<ExecutionDocument> | undefined> {
  const { executionId: id, generation } = envelope;
  const stored = await deps.runs.executions.get(scope, { id, partition: id });
  if (stored === undefined || stored.document.bulk?.generation !== generation) return undefined;
  // A queued run waits for the message with which another orchestration takes it over.
  if (isTerminal(stored.document) || stored.document.state === 'queued') return undefined;
  return (await keepTask(deps, scope, stored.document, instanceIdOf(envelope))) ? stored : undefined;
}

/** The partitions of a run, in order; those that are not written yet are missing. */
export async function readPartitions(
  deps: Pick<Deps, 'runs'>,
  scope: Scope,
  { id, bulk }: ExecutionDocument,
): Promise<Stored<ExecutionDocument>[]> {
  const keys = Array.from({ length: bulk?.partitions ?? 0 }, (_, index) => {
    const partitionId = partitionIdOf(id, index);
    return { id: partitionId, partition: partitionId };
  });
  return (await deps.runs.executions.getMany(scope, keys)).flatMap((each) => each ?? []);
}
