import type { deleteWebhookEndpoint as route } from '../../contracts/webhook-endpoints.ts';
import type { IntegrationDocument } from '../../core/documents/integration.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { webhookSecretName } from '../../core/webhooks/webhook-secret.ts';
import { webhookTargetKey } from '../../core/webhooks/webhook-target.ts';
import { changeDocument } from '../change-document.ts';
import { findIntegration } from '../find-integration.ts';
import { recordAudit } from '../record-audit.ts';
import { requireWebhook } from './find-webhook.ts';

/**
 * Takes no more webhooks: first the secret goes, then the settings, and again after each lost race, so that whoever sets them anew in between is
 * either undone as a whole or stores the secret again. Throws `not-found`.
 */
export async function deleteWebhookEndpoint(
  deps: Pick<Deps, 'integrations' | 'secrets' | 'audit' | 'webhookTargets' | 'newId' | 'now'>,
  scope: Scope,
  { params, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await changeDocument(deps.integrations, scope, {
    find: () => findIntegration(deps, scope, params.integrationId),
    change: async (current): Promise<IntegrationDocument> => {
      requireWebhook(current);
      await deps.secrets.erase(scope, webhookSecretName(current.id));
      const { webhook: _webhook, ...rest } = current;
      return { ...rest, updatedAt: attempt.at.toISOString() };
    },
  });
  deps.webhookTargets.forget(webhookTargetKey(scope.tenantId, document.id));
  await recordAudit(deps, scope, { action: 'webhook.deleted', subject: document.id });
  return { body: undefined };
}
