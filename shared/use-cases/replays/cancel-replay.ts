import type { cancelReplay as route } from '../../contracts/deliveries.ts';
import { AppError } from '../../core/app-error.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeReplay } from '../../core/webhooks/describe-delivery.ts';
import { recordAudit } from '../record-audit.ts';
import { findReplay } from './find-replay.ts';

/** Stops a replay: what is about to be repeated of it is done, and nothing after. Throws `not-found`, `wrong-state`. */
export async function cancelReplay(
  deps: Pick<Deps, 'webhookReplays' | 'audit' | 'now' | 'newId'>,
  scope: Scope,
  { params, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  for (;;) {
    const { document, etag } = await findReplay(deps, scope, params.replayId);
    if (document.state === 'cancelled' && attempt.repeated) return { body: describeReplay(document) };
    if (document.state !== 'running') throw new AppError('wrong-state', { detail: `The replay is ${document.state}.` });
    const at = deps.now().toISOString();
    const cancelled = { ...document, state: 'cancelled' as const, updatedAt: at, finishedAt: at };
    const result = await deps.webhookReplays.write(scope, { kind: 'replace', document: cancelled, etag });
    if (!result.ok) continue;
    await recordAudit(deps, scope, { action: 'webhooks.replay-cancelled', subject: document.id });
    return { body: describeReplay(cancelled) };
  }
}
