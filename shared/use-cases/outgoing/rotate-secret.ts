import type { rotateSubscriptionSecret as route } from '../../contracts/subscriptions.ts';
import type { SubscriptionDocument } from '../../core/documents/subscription.ts';
import { later } from '../../core/later.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { changeDocument } from '../change-document.ts';
import { recordAudit } from '../record-audit.ts';
import { newSigningSecret } from './create-subscription.ts';
import { findSubscription } from './find-subscription.ts';
import { signingSecretName } from './post-dispatch.ts';
import { showSubscription } from './show-subscription.ts';

/**
 * Signs with a new secret from now on, and with the one before as well until the overlap is over; an even older one ends at once. The secret is
 * stored before the document names its version. Throws `not-found`.
 */
export async function rotateSubscriptionSecret(
  deps: Pick<Deps, 'subscriptions' | 'endpoints' | 'secrets' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { params, body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const secret = newSigningSecret();
  const at = attempt.at.toISOString();
  const expiresAt = later(attempt.at, body.overlapSeconds * 1000).toISOString();
  const { document } = await changeDocument(deps.subscriptions, scope, {
    find: () => findSubscription(deps, scope, params.subscriptionId),
    change: async (current): Promise<SubscriptionDocument> => {
      const version = await deps.secrets.put(scope, signingSecretName(current.id), secret);
      return {
        ...current,
        secret: { version, createdAt: at },
        previousSecret: { ...current.secret, expiresAt },
        updatedAt: at,
      };
    },
  });
  const detail = `overlap of ${body.overlapSeconds} s`;
  await recordAudit(deps, scope, { action: 'subscription.secret-rotated', subject: document.id, detail });
  return { body: { ...(await showSubscription(deps, scope, document)), secret } };
}
