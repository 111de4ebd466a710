import { AppError } from '../../core/app-error.ts';
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

/** A POST that came to its end, when and at which URL. */
export interface SentPost {
  readonly at: Date;
  readonly url: string;
  readonly outcome: PostOutcome;
}

type Needs = Pick<Deps, 'secrets' | 'webhookClient' | 'outgoing' | 'now'>;

/**
 * Posts a dispatch to its subscription's URL, signed with every live secret. `webhook-id` is the event's, the same in every repeat.
 *
 * @throws when the secrets took so long to come that somebody else might send it before this one is done
 */
export async function postDispatch(
  deps: Needs,
  scope: Scope,
  { id, url, secret, previousSecret }: SubscriptionDocument,
  { eventId, body, leaseUntil }: DispatchDocument,
): Promise<SentPost> {
  const name = signingSecretName(id);
  const current = await readSecret(deps, scope, name, secret.version);
  const isOverlapping = previousSecret !== undefined && Date.parse(previousSecret.expiresAt) > deps.now().getTime();
  const previous = isOverlapping ? await readSecret(deps, scope, name, previousSecret.version) : undefined;
  const at = deps.now();
  if (current === undefined) return { at, url, outcome: unsigned };
  if (leaseUntil !== undefined && Date.parse(leaseUntil) - at.getTime() < deps.outgoing.timeoutMs) {
    throw new Error(`The secrets of ${id} came too late to send anything`);
  }
  // The newest first: receivers that look at one signature only see that one.
  const secrets = [current, ...(previous === undefined ? [] : [previous])];
  const headers = { 'content-type': 'application/json', ...signatureHeaders(eventId, at, body, secrets) };
  return { at, url, outcome: await deps.webhookClient.post({ url, headers, body, secrets }) };
}

const unsigned: PostOutcome = {
  kind: 'failed',
  problem: 'The signing secret is gone: rotate it.',
  durationMs: 0,
  isOurs: true,
};

/** `undefined` when it is gone for good; that the store does not answer is thrown. */
async function readSecret(deps: Needs, scope: Scope, name: string, version: string): Promise<string | undefined> {
  try {
    return await deps.secrets.get(scope, name, version);
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-connected') return undefined;
    throw error;
  }
}
