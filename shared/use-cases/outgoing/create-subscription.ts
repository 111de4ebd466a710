import { randomBytes } from 'node:crypto';
import type { createSubscription as route } from '../../contracts/subscriptions.ts';
import { AppError } from '../../core/app-error.ts';
import { describeSubscription } from '../../core/describe-subscription.ts';
import type { SubscriptionDocument } from '../../core/documents/subscription.ts';
import { formatSigningSecret } from '../../core/outgoing/sign-message.ts';
import { withoutQuery } from '../../core/outgoing/without-query.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { createDocument } from '../change-document.ts';
import { recordAudit } from '../record-audit.ts';
import { checkUrl } from './check-url.ts';
import { allSubscriptions, mostSubscriptions } from './find-subscription.ts';
import { signingSecretName } from './post-dispatch.ts';

const secretBytes = 32;

/**
 * Registers a URL for events. The secret comes first: a version that no document names does no harm. The answer is the one time that it is shown.
 *
 * @throws AppError `invalid-request` naming `/url`; `limit-reached`
 */
export async function createSubscription(
  deps: Pick<Deps, 'subscriptions' | 'secrets' | 'webhookClient' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  checkUrl(deps, body.url);
  if ((await allSubscriptions(deps, scope)).length >= mostSubscriptions) {
    throw new AppError('limit-reached', { detail: `A tenant may have ${mostSubscriptions} subscriptions.` });
  }
  const at = attempt.at.toISOString();
  const id = deps.newId('subscription');
  const secret = newSigningSecret();
  const version = await deps.secrets.put(scope, signingSecretName(id), secret);
  const { description, orderBy, ...rest } = body;
  const disabled = { reason: 'person' as const, at, detail: 'It was created disabled.', told: true };
  const document: SubscriptionDocument = {
    id,
    tenantId: scope.tenantId,
    kind: 'subscription',
    schemaVersion: 1,
    ...rest,
    ...(description === undefined ? {} : { description }),
    ...(orderBy === undefined ? {} : { orderBy }),
    ...(body.enabled ? {} : { disabled }),
    activeSince: at,
    secret: { version, createdAt: at },
    createdAt: at,
    updatedAt: at,
  };
  const { etag } = await createDocument(deps.subscriptions, scope, document, false);
  await recordAudit(deps, scope, { action: 'subscription.created', subject: id, detail: withoutQuery(body.url) });
  return { body: { ...describeSubscription(document, undefined, attempt.at), secret }, etag };
}

export function newSigningSecret(): string {
  return formatSigningSecret(randomBytes(secretBytes));
}
