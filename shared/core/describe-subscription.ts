import type { z } from 'zod';
import type { dispatch, eventReplay } from '../contracts/dispatches.ts';
import type { subscription } from '../contracts/subscriptions.ts';
import type { DispatchDocument, EventReplayDocument } from './documents/dispatch.ts';
import type { EndpointDocument, SubscriptionDocument } from './documents/subscription.ts';

/** A stored subscription as the API shows it: never the secret, nor where it is kept. */
export function describeSubscription(
  document: SubscriptionDocument,
  endpoint: EndpointDocument | undefined,
  now: Date,
): z.infer<typeof subscription> {
  const { disabled, secret, previousSecret } = document;
  const isLive = previousSecret !== undefined && Date.parse(previousSecret.expiresAt) > now.getTime();
  return {
    id: document.id,
    url: document.url,
    description: document.description,
    events: document.events,
    orderBy: document.orderBy,
    enabled: document.enabled,
    disabled: disabled && { reason: disabled.reason, at: disabled.at, detail: disabled.detail },
    health: {
      circuit: endpoint?.circuit ?? 'closed',
      consecutiveFailures: endpoint?.consecutiveFailures ?? 0,
      failingSince: endpoint?.failingSince,
      lastSuccessAt: endpoint?.lastSuccessAt,
      lastFailureAt: endpoint?.lastFailureAt,
    },
    secrets: [
      { createdAt: secret.createdAt },
      ...(isLive ? [{ createdAt: previousSecret.createdAt, expiresAt: previousSecret.expiresAt }] : []),
    ],
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
  };
}

/** A stored dispatch as the API shows it. */
export function describeDispatch(document: DispatchDocument): z.infer<typeof dispatch> {
  return {
    id: document.id,
    subscriptionId: document.subscriptionId,
    eventId: document.eventId,
    eventType: document.eventType,
    subject: document.subject,
    state: document.state,
    test: document.test,
    replayOf: document.replayOf,
    replayId: document.replayId,
    attempts: document.attempts,
    attemptCount: document.attemptCount,
    nextAttemptAt: document.nextAttemptAt,
    problem: document.problem,
    createdAt: document.createdAt,
    endedAt: document.endedAt,
  };
}

/** A stored replay as the API shows it. */
export function describeEventReplay(document: EventReplayDocument): z.infer<typeof eventReplay> {
  const { tenantId: _tenantId, kind: _kind, schemaVersion: _schemaVersion, afterEventId: _cursor, ...shown } = document;
  return shown;
}
