import { beginWork, endCancelled } from '../core/advance-execution.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import { isTerminal, mayWork } from '../core/execution-states.ts';
import type { Deps, Key, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { type Hold, releaseHold } from './hold-task.ts';
import { moveExecution } from './move-execution.ts';
import { settleExecution } from './settle-execution.ts';

/** What a worker has in its hands while it works on a run. */
export interface Slice {
  readonly deps: Deps;
  readonly scope: Scope;
  hold: Hold;
  run: Stored<ExecutionDocument>;
  /** How long the provider asked to be left alone from now on, in milliseconds; a message may come early, after a crash. */
  readonly pauseMs: number;
}

/**
 * Moves the run to this holder, unless it has to wait. From here on, whatever a former holder writes to the run is refused, but for the page that it is
 * about to commit.
 *
 * @returns `undefined` when there is nothing to do: another worker has it, it has ended, or a person has stopped it
 */
export async function beginSlice(deps: Deps, scope: Scope, hold: Hold, key: Key): Promise<Slice | undefined> {
  for (;;) {
    const stored = await deps.runs.executions.get(scope, key);
    if (stored === undefined || stored.document.fence > hold.fence) return undefined;
    const pauseMs = pauseMsOf(stored.document, deps.now());
    const slice: Slice = { deps, scope, hold, run: stored, pauseMs };
    if (!mayWork(stored.document)) {
      await obey(slice);
      return undefined;
    }
    if (pauseMs > 0) return slice;
    const execution = beginWork(stored.document, hold.fence, deps.now().toISOString());
    const run = await moveExecution(deps, scope, stored, { execution });
    if (run !== undefined) return { ...slice, run };
  }
}

/** Does what a person has asked of the run: a cancelled one ends, a paused one is let go. */
export async function obey(slice: Slice): Promise<void> {
  const { deps, scope } = slice;
  for (;;) {
    const { document } = slice.run;
    if (isTerminal(document)) return settleExecution(deps, scope, document);
    if (document.state === 'paused') return releaseHold(deps, scope, slice.hold);
    if (document.state !== 'cancelling') return;
    const execution = endCancelled(document, deps.now().toISOString());
    const ended = await moveExecution(deps, scope, slice.run, { execution, cause: 'as was asked' });
    if (ended !== undefined) return settleExecution(deps, scope, ended.document);
    const now = await deps.runs.executions.get(scope, { id: document.id, partition: document.executionId });
    if (now === undefined) return;
    slice.run = now;
  }
}

function pauseMsOf({ waitingUntil }: ExecutionDocument, now: Date): number {
  return waitingUntil === undefined ? 0 : Math.max(0, Date.parse(waitingUntil) - now.getTime());
}
