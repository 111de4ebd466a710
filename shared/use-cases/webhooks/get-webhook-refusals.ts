import type { getWebhookRefusals as route } from '../../contracts/webhook-endpoints.ts';
import { refusalsIdOf } from '../../core/documents/webhook-refusals.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeRefusals } from '../../core/webhooks/describe-webhook.ts';
import { noRefusals } from '../../core/webhooks/refusal-record.ts';
import { findIntegration } from '../find-integration.ts';

/** Why an integration's webhooks are refused. Throws `not-found`. */
export async function getWebhookRefusals(
  deps: Pick<Deps, 'integrations' | 'webhookRefusals'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findIntegration(deps, scope, params.integrationId);
  const stored = await deps.webhookRefusals.get(scope, { id: refusalsIdOf(document.id) });
  return { body: describeRefusals(document.id, stored?.document ?? noRefusals) };
}
