import { createHash } from 'node:crypto';
import type { DispatchDocument } from '../documents/dispatch.ts';
import type { EventDocument } from '../documents/event.ts';
import type { SubscriptionDocument } from '../documents/subscription.ts';
import { composeId } from '../ids.ts';
import { orderKeyOf } from './match-event.ts';
import { messageBody } from './sign-message.ts';

/** The replay that an event is sent again by, where it is. */
export interface ReplaySource {
  readonly replayId: string;
  /** When the replay was asked for. */
  readonly at: string;
}

/** One event to one subscription is one dispatch; in each replay another one. */
export function dispatchIdOf(
  { id: subscriptionId }: Pick<SubscriptionDocument, 'id'>,
  { id: eventId, at }: Pick<EventDocument, 'id' | 'at'>,
  replay?: ReplaySource,
): string {
  const identity = createHash('sha256').update(JSON.stringify([subscriptionId, eventId, replay?.replayId ?? null]));
  return composeId('dispatch', Date.parse(replay?.at ?? at), identity.digest());
}

/** A dispatch whose first attempt is due at once. Replayed events come before newer ones of the same order key. */
export function newDispatch(
  subscription: SubscriptionDocument,
  event: EventDocument,
  { now, firstAfterMs, replay }: { readonly now: Date; readonly firstAfterMs: number; readonly replay?: ReplaySource },
): DispatchDocument {
  const id = dispatchIdOf(subscription, event, replay);
  const orderKey = orderKeyOf(subscription.orderBy, event);
  return {
    id,
    tenantId: event.tenantId,
    kind: 'dispatch',
    schemaVersion: 1,
    subscriptionId: subscription.id,
    eventId: event.id,
    eventType: event.type,
    subject: event.subject,
    body: messageBody(event),
    ...(orderKey === undefined ? {} : { orderKey: createHash('sha256').update(orderKey).digest('base64url') }),
    position: `${event.id} ${id}`,
    state: 'waiting',
    test: false,
    ...(replay === undefined ? {} : { replayId: replay.replayId }),
    attemptCount: 0,
    attempts: [],
    nextAttemptAt: new Date(now.getTime() + firstAfterMs).toISOString(),
    createdAt: now.toISOString(),
    traceparent: event.traceparent,
  };
}
