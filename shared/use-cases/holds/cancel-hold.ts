import type { cancelHold as route } from '../../contracts/holds.ts';
import { AppError } from '../../core/app-error.ts';
import { describeHold } from '../../core/describe-hold.ts';
import type { HoldDocument } from '../../core/documents/hold.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { changeDocument } from '../change-document.ts';
import { recordAudit } from '../record-audit.ts';
import { findHold } from './find-hold.ts';

/** Stops deletions that were approved, after the batch that is being worked on. Throws `not-found`, `precondition-failed`, `wrong-state`. */
export async function cancelHold(
  deps: Pick<Deps, 'holds' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { params, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const at = attempt.at.toISOString();
  const stored = await changeDocument(deps.holds, scope, {
    find: () => findHold(deps, scope, params.holdId),
    change: (current): HoldDocument => {
      if (current.state === 'cancelled' && attempt.repeated) return current;
      if (current.state !== 'approved' || current.action.kind !== 'delete-missing') {
        const detail = `The hold is ${current.state}: only deletions that are being carried out can be stopped.`;
        throw new AppError('wrong-state', { detail });
      }
      return { ...current, state: 'cancelled', finishedAt: at, updatedAt: at };
    },
    ifMatch,
    repeated: attempt.repeated,
  });
  await recordAudit(deps, scope, { action: 'hold.cancelled', subject: params.holdId });
  return { body: describeHold(stored.document), etag: stored.etag };
}
