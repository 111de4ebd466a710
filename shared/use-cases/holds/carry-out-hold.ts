import type { HoldDocument } from '../../core/documents/hold.ts';
import { dueKey } from '../../core/due.ts';
import { isTerminal } from '../../core/execution-states.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { cancelExecution } from '../cancel-execution.ts';
import { resumeRun } from '../resume-execution.ts';
import { deleteHeld } from './delete-held.ts';
import { endHold, noteDecision } from './known-holds.ts';
import { wakeHold } from './wake-hold.ts';

/** Does what was decided about a hold, from wherever that is; nothing where nothing is to be done. Safe to repeat, and for several at once. */
export async function carryOutHold(deps: Deps, scope: Scope, holdId: string): Promise<void> {
  const hold = (await deps.holds.get(scope, { id: holdId }))?.document;
  if (hold?.state === 'approved' || hold?.state === 'rejected') await noteDecision(deps, scope, hold);
  if (hold?.action.kind === 'delete-missing') {
    if (hold.state === 'approved' && (await deleteHeld(deps, scope, holdId)) === 'goes-on')
      return wakeHold(deps, scope, holdId);
  } else if (hold?.state === 'approved' || hold?.state === 'rejected') {
    await decideRun(deps, scope, hold);
    if (hold.state === 'approved') await endHold(deps, scope, holdId, 'approved', await endOf(deps, scope, hold));
  }
  await deps.due.remove(dueKey('hold', scope.tenantId, holdId));
}

/** What was approved passes in its run from now on; where that has ended meanwhile, it came to nothing. */
async function endOf(
  deps: Pick<Deps, 'runs'>,
  scope: Scope,
  { id: holdId, executionId: id }: HoldDocument,
): Promise<Pick<HoldDocument, 'state' | 'problem'>> {
  const run = (await deps.runs.executions.get(scope, { id, partition: id }))?.document;
  if (run !== undefined && (run.holdId !== holdId || !isTerminal(run))) return { state: 'done' };
  return { state: 'superseded', problem: 'The run that waited for the decision has ended.' };
}

/** The run that waits for the decision goes on, or ends. One that has ended otherwise meanwhile stays as it is. */
async function decideRun(
  deps: Deps,
  scope: Scope,
  { id, state, integrationId, executionId }: HoldDocument,
): Promise<void> {
  const run = (await deps.runs.executions.get(scope, { id: executionId, partition: executionId }))?.document;
  if (run?.holdId !== id) return;
  const input = {
    params: { integrationId, executionId },
    query: undefined,
    body: undefined,
    ifMatch: undefined,
    attempt: { at: deps.now(), repeated: true },
  };
  if (state === 'approved') await resumeRun(deps, scope, input, id);
  else await cancelExecution(deps, scope, input);
}
