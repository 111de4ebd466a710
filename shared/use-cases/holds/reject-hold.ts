import type { rejectHold as route } from '../../contracts/holds.ts';
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

type Needs = Pick<Deps, 'holds' | 'holdRejections' | 'due' | 'jobQueue' | 'audit' | 'newId' | 'now' | 'engine'>;

/**
 * Nothing is done, and just this is not asked again; a run that waits for the decision ends as cancelled. Throws `not-found`, `precondition-failed`,
 * `wrong-state`.
 */
export async function rejectHold(
  deps: Needs,
  scope: Scope,
  { params, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { holdId } = params;
  await findHold(deps, scope, holdId);
  await watchHold(deps, scope, holdId);
  const at = attempt.at.toISOString();
  const stored = await changeDocument(deps.holds, scope, {
    find: () => findHold(deps, scope, holdId),
    change: (current): HoldDocument => {
      if (current.state === 'rejected' && attempt.repeated) return current;
      if (current.state !== 'open') throw new AppError('wrong-state', { detail: `The hold is ${current.state}.` });
      return { ...current, state: 'rejected', decidedBy: scope.actor.id, decidedAt: at, finishedAt: at, updatedAt: at };
    },
    ifMatch,
    repeated: attempt.repeated,
  });
  await noteDecision(deps, scope, stored.document);
  await recordAudit(deps, scope, { action: 'hold.rejected', subject: holdId });
  await wakeHold(deps, scope, holdId);
  return { body: describeHold(stored.document), etag: stored.etag };
}
