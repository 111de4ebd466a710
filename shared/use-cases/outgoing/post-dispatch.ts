import type { DispatchDocument } from '../../core/documents/dispatch.ts';
import type { SubscriptionDocument } from '../../core/documents/subscription.ts';
import type { PostOutcome } from '../../core/outgoing/next-step.ts';
import { signatureHeaders } from '../../core/outgoing/sign-message.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** The logical name of a subscription's signing secret; the secret store makes it unique per tenant. */
export function signingSecretName(subscriptionId: string): string {
  return `webhook-secret:${subscriptionId}`;
}

/** Posts a dispatch to its subscription's URL, signed with every live secret. `webhook-id` is the event's, the same in every repeat. */
export async function postDispatch(
  deps: Pick<Deps, 'secrets' | 'webhookClient' | 'now'>,
  scope: Scope,
  subscription: SubscriptionDocument,
  { eventId, body }: DispatchDocument,
): Promise<{ readonly at: Date; readonly outcome: PostOutcome }> {
  const at = deps.now();
  const name = signingSecretName(subscription.id);
  const secrets = await Promise.all(
    liveVersions(subscription, at).map((version) => deps.secrets.get(scope, name, version)),
  );
  const headers = { 'content-type': 'application/json', ...signatureHeaders(eventId, at, body, secrets) };
  const outcome = await deps.webhookClient.post({ url: subscription.url, headers, body, secrets });
  return { at, outcome };
}

/** The newest first: receivers that look at one signature only see that one. */
function liveVersions({ secret, previousSecret }: SubscriptionDocument, now: Date): string[] {
  const isLive = previousSecret !== undefined && Date.parse(previousSecret.expiresAt) > now.getTime();
  return isLive ? [secret.version, previousSecret.version] : [secret.version];
}
