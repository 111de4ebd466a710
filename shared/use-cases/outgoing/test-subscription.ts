import type { testSubscription as route } from '../../contracts/dispatches.ts';
import { describeDispatch } from '../../core/describe-subscription.ts';
import type { DispatchDocument } from '../../core/documents/dispatch.ts';
import { later } from '../../core/later.ts';
import { newDispatch } from '../../core/outgoing/new-dispatch.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { createDocument } from '../change-document.ts';
import { recordAudit } from '../record-audit.ts';
import { eventOf } from '../record-event.ts';
import { findSubscription } from './find-subscription.ts';
import { watchDispatches } from './watch-dispatches.ts';
import { holdMs, attempt as send } from './work-on-dispatch.ts';

/**
 * Sends a test event now, also to a disabled subscription, and answers what came of it. It waits for nothing and is not tried again; should this
 * process die, the clock ends it. Throws `not-found`.
 */
export async function testSubscription(
  deps: Deps,
  scope: Scope,
  { params, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document: subscription } = await findSubscription(deps, scope, params.subscriptionId);
  const event = eventOf(scope, {
    type: 'subscription.test',
    subject: subscription.id,
    at: attempt.at.toISOString(),
    identity: deps.newId('event'),
    data: { subscriptionId: subscription.id, message: 'A test of this subscription.' },
  });
  const { orderKey: _orderKey, ...dispatch } = newDispatch(subscription, event, { now: deps.now(), firstAfterMs: 0 });
  const held: DispatchDocument = {
    ...dispatch,
    test: true,
    leaseUntil: later(deps.now(), holdMs(deps)).toISOString(),
  };
  await watchDispatches(deps, scope, subscription.id);
  const stored = await createDocument(deps.dispatches, scope, held, false);
  const tested = await send(deps, scope, subscription, stored);
  await recordAudit(deps, scope, { action: 'subscription.tested', subject: subscription.id, detail: tested.state });
  return { body: describeDispatch(tested) };
}
