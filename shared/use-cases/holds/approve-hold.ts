import type { approveHold as route } from '../../contracts/holds.ts';
import { AppError } from '../../core/app-error.ts';
import { describeHold } from '../../core/describe-hold.ts';
import type { HoldDocument } from '../../core/documents/hold.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { changeDocument } from '../change-document.ts';
import { recordAudit } from '../record-audit.ts';
import { findHold } from './find-hold.ts';
import { noteDecision } from './known-holds.ts';
import { wakeHold, watchHold } from './wake-hold.ts';

type Needs = Pick<
  Deps,
  'holds' | 'holdRejections' | 'tasks' | 'due' | 'jobQueue' | 'audit' | 'newId' | 'now' | 'engine'
>;

/**
 * Has held deletions carried out, or the run that waits go on. Also of a hold that was rejected: that is forgotten. Throws `not-found`,
 * `precondition-failed`, `wrong-state`.
 */
export async function approveHold(
  deps: Needs,
  scope: Scope,
  { params, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { holdId } = params;
  const found = await findHold(deps, scope, holdId);
  assertApprovable(found.document, attempt.repeated);
  if ((await deps.tasks.get(scope, { id: found.document.taskId })) === undefined)
    throw new AppError('wrong-state', { detail: 'The task of the hold was removed.' });
  // Before anything else: should what follows the decision be lost, the clock finds it.
  await watchHold(deps, scope, holdId);
  const at = attempt.at.toISOString();
  const stored = await changeDocument(deps.holds, scope, {
    find: () => findHold(deps, scope, holdId),
    change: (current): HoldDocument => {
      assertApprovable(current, attempt.repeated);
      if (current.state === 'approved' || current.state === 'done') return current;
      return { ...current, state: 'approved', decidedBy: scope.actor.id, decidedAt: at, updatedAt: at };
    },
    ifMatch,
    repeated: attempt.repeated,
  });
  await noteDecision(deps, scope, stored.document);
  await recordAudit(deps, scope, { action: 'hold.approved', subject: holdId });
  await wakeHold(deps, scope, holdId);
  return { body: describeHold(stored.document), etag: stored.etag };
}

function assertApprovable({ state }: HoldDocument, repeated: boolean): void {
  const isApproved = state === 'approved' || state === 'done';
  if (state === 'open' || state === 'rejected' || (repeated && isApproved)) return;
  throw new AppError('wrong-state', { detail: `The hold is ${state}.` });
}
