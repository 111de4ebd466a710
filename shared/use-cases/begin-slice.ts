import { beginWork, endCancelled } from '../core/advance-execution.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import { isTerminal, mayWork } from '../core/execution-states.ts';
import type { Deps, Key, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { endRun } from './end-bulk-run.ts';
import { type Hold, releaseHold } from './hold-task.ts';
import { moveExecution } from './move-execution.ts';
import { settleExecution } from './settle-execution.ts';

/** What a worker has in its hands while it works on a run, or on a partition of one. */
export interface Slice {
  readonly deps: Deps;
  readonly scope: Scope;
  hold: Hold;
  run: Stored<ExecutionDocument>;
  /** How long the provider asked to be left alone from now on, in milliseconds; a message may come early, after a crash. */
  readonly pauseMs: number;
  /** Of a partition: shows that its run is alive too; false when that is not to go on. */
  readonly keepRun?: () => Promise<boolean>;
  /** When that was shown last, epoch milliseconds. */
  keptRunAtMs: number;
  /** With what the pages are read. */
  connection?: IntegrationDocument['connection'];
}

/**
 * Looks at a run that this holder has come to work on.
 *
 * @returns `undefined` when there is nothing to do: a later holder has it, it has ended, or a person has stopped it, which is then done
 */
export async function lookAtRun(deps: Deps, scope: Scope, hold: Hold, key: Key): Promise<Slice | undefined> {
  const run = await deps.runs.executions.get(scope, key);
  if (run === undefined || run.document.fence > hold.fence) return undefined;
  const now = deps.now();
  const slice: Slice = { deps, scope, hold, run, pauseMs: pauseMsOf(run.document, now), keptRunAtMs: now.getTime() };
  if (mayWork(run.document)) return slice;
  await obey(slice);
  return undefined;
}

/**
 * Moves the run to this holder, unless it has to wait. From here on, whatever a former holder writes to the run is refused, but for the page that it is
 * about to commit. `undefined` as for `lookAtRun`.
 */
export async function beginSlice(
  deps: Deps,
  scope: Scope,
  hold: Hold,
  key: Key,
  keepRun?: () => Promise<boolean>,
): Promise<Slice | undefined> {
  for (;;) {
    const slice = await lookAtRun(deps, scope, hold, key);
    if (slice === undefined || slice.pauseMs > 0) return slice;
    const execution = beginWork(slice.run.document, hold.fence, deps.now().toISOString());
    const run = await moveExecution(deps, scope, slice.run, { execution });
    if (run !== undefined) return { ...slice, run, ...(keepRun === undefined ? {} : { keepRun }) };
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
    if (await endAsAsked(slice)) return;
    const now = await deps.runs.executions.get(scope, { id: document.id, partition: document.executionId });
    if (now === undefined) return;
    slice.run = now;
  }
}

async function endAsAsked({ deps, scope, run }: Slice): Promise<boolean> {
  if (run.document.bulk !== undefined) return endRun(deps, scope, run);
  const execution = endCancelled(run.document, deps.now().toISOString());
  const ended = await moveExecution(deps, scope, run, { execution, cause: 'as was asked' });
  if (ended === undefined) return false;
  await settleExecution(deps, scope, ended.document);
  return true;
}

function pauseMsOf({ waitingUntil }: ExecutionDocument, now: Date): number {
  return waitingUntil === undefined ? 0 : Math.max(0, Date.parse(waitingUntil) - now.getTime());
}
