import { type EventDocument, eventDocument } from '../../core/documents/event.ts';
import { isWanted } from '../../core/outgoing/match-event.ts';
import { newDispatch } from '../../core/outgoing/new-dispatch.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { type DeliveredChanges, visitChanges } from '../visit-changes.ts';
import { allSubscriptions } from './find-subscription.ts';
import { openDispatches } from './open-dispatches.ts';

type Needs = Pick<
  Deps,
  'subscriptions' | 'dispatches' | 'due' | 'outgoingQueue' | 'outgoing' | 'poison' | 'now' | 'log'
>;

/** What the change feed of `events` delivered goes to those who subscribed to it. */
export async function fanOutEvents(deps: Needs, changes: DeliveredChanges): Promise<void> {
  await visitChanges(deps, { name: 'fan-out-events', schema: eventDocument }, changes, (scope, events) =>
    fanOut(deps, scope, events),
  );
}

/** One dispatch for each event and subscription that wants it. Telling an event again finds its dispatches there. */
async function fanOut(deps: Needs, scope: Scope, events: readonly EventDocument[]): Promise<void> {
  const subscriptions = await allSubscriptions(deps, scope);
  const timing = { now: deps.now(), firstAfterMs: deps.outgoing.scheduleMs[0] ?? 0 };
  const dispatches = events.flatMap((event) =>
    subscriptions
      .filter((subscription) => isWanted(subscription, event))
      .map((subscription) => newDispatch(subscription, event, timing)),
  );
  await openDispatches(deps, scope, dispatches);
}
