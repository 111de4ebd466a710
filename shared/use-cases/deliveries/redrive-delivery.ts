import type { redriveDelivery as route } from '../../contracts/deliveries.ts';
import { AppError } from '../../core/app-error.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { redrive } from '../../core/webhooks/advance-delivery.ts';
import { describeDelivery } from '../../core/webhooks/describe-delivery.ts';
import { recordAudit } from '../record-audit.ts';
import { redrivable } from '../replays/continue-replay.ts';
import { findDelivery } from './find-delivery.ts';

/** Gives a delivery new tries; the change feed brings it to whoever works on it. Throws `not-found`, `wrong-state`. */
export async function redriveDelivery(
  deps: Pick<Deps, 'deliveries' | 'audit' | 'now' | 'newId'>,
  scope: Scope,
  { params, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  for (;;) {
    const { document, etag } = await findDelivery(deps, scope, params.deliveryId);
    if (!redrivable.includes(document.state)) {
      // The first try of this request may have done it.
      if (attempt.repeated) return { body: describeDelivery(document) };
      throw new AppError('wrong-state', { detail: `The delivery is ${document.state}.` });
    }
    const redriven = redrive(document);
    const result = await deps.deliveries.write(scope, { kind: 'replace', document: redriven, etag });
    if (!result.ok) continue;
    await recordAudit(deps, scope, { action: 'webhooks.redriven', subject: document.id });
    return { body: describeDelivery(redriven) };
  }
}
