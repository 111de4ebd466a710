import type { getReplay as route } from '../../contracts/deliveries.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeReplay } from '../../core/webhooks/describe-delivery.ts';
import { findReplay } from './find-replay.ts';

/** How far a replay is. Throws `not-found`. */
export async function getReplay(
  deps: Pick<Deps, 'webhookReplays'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  return { body: describeReplay((await findReplay(deps, scope, params.replayId)).document) };
}
