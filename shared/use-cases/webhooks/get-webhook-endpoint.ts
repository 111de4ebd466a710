import type { getWebhookEndpoint as route } from '../../contracts/webhook-endpoints.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeWebhook } from '../../core/webhooks/describe-webhook.ts';
import { findIntegration } from '../find-integration.ts';
import { requireWebhook } from './find-webhook.ts';

/** Throws `not-found`, also where the integration takes no webhooks. */
export async function getWebhookEndpoint(
  deps: Pick<Deps, 'integrations' | 'webhooks' | 'now'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document, etag } = await findIntegration(deps, scope, params.integrationId);
  const now = deps.now().toISOString();
  return { body: describeWebhook(document, requireWebhook(document), deps.webhooks, now), etag };
}
