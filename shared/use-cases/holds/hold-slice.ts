import { holdRun, requestCancel } from '../../core/advance-execution.ts';
import { type ExecutionDocument, runIdOf } from '../../core/documents/execution.ts';
import { mayWork } from '../../core/execution-states.ts';
import type { Note } from '../../core/log-entries.ts';
import type { Held } from '../apply-page/guard-page.ts';
import { obey, type Slice } from '../begin-slice.ts';
import { moveExecution } from '../move-execution.ts';
import { stopPartitions } from '../stop-partitions.ts';
import { findRejection } from './known-holds.ts';
import { raiseHold } from './raise-hold.ts';

/**
 * Stops the run of a slice whose page would do what people are to decide about: it is paused with a hold, or ends as cancelled where just this was rejected
 * before. Its page stays interrupted, and is done again, or left.
 */
export async function holdSlice(slice: Slice, held: Held): Promise<void> {
  const { deps, scope } = slice;
  const { document } = slice.run;
  const runId = runIdOf(document);
  const rejection = await findRejection(deps, scope, held.signature);
  const hold = rejection === undefined ? await raiseHold(deps, scope, { ...document, id: runId }, held) : undefined;
  const run = await stopRun(
    slice,
    runId,
    (execution, now) =>
      hold === undefined ? requestCancel(execution, now) : holdRun(execution, hold.id, hold.reason, now),
    hold?.reason ?? `A person has rejected just this: ${held.reason} See hold ${rejection?.holdId}.`,
  );
  if (run === undefined) return;
  if (run.bulk !== undefined) await stopPartitions(deps, scope, run);
  const now = await deps.runs.executions.get(scope, { id: document.id, partition: document.executionId });
  if (now === undefined || now.document.fence !== document.fence) return;
  slice.run = now;
  await obey(slice);
}

/** The run, stopped; by someone else, where that was first. `undefined` when another worker has it. */
async function stopRun(
  { deps, scope, run: own }: Slice,
  id: string,
  change: (execution: ExecutionDocument, now: string) => ExecutionDocument,
  cause: string,
): Promise<ExecutionDocument | undefined> {
  for (;;) {
    const stored = await deps.runs.executions.get(scope, { id, partition: id });
    if (stored === undefined) return undefined;
    if (id === own.document.id && stored.document.fence !== own.document.fence) return undefined;
    if (!mayWork(stored.document)) return stored.document;
    const notes: Note[] = [{ level: 'warning', event: 'held', message: cause }];
    const execution = change(stored.document, deps.now().toISOString());
    const moved = await moveExecution(deps, scope, stored, { execution, cause, notes });
    if (moved !== undefined) return moved.document;
  }
}
