import { randomBytes } from 'node:crypto';
import type { setWebhookEndpoint as route } from '../../contracts/webhook-endpoints.ts';
import type { Adapter } from '../../core/adapter.ts';
import { AppError } from '../../core/app-error.ts';
import type { IntegrationDocument } from '../../core/documents/integration.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeWebhook } from '../../core/webhooks/describe-webhook.ts';
import type { WebhookVerification } from '../../core/webhooks/evidence.ts';
import { composeSecret, secretOrigin } from '../../core/webhooks/webhook-secret.ts';
import type { WebhookSettings } from '../../core/webhooks/webhook-settings.ts';
import { webhookTargetKey } from '../../core/webhooks/webhook-target.ts';
import { changeDocument } from '../change-document.ts';
import { findAdapter } from '../find-adapter.ts';
import { findIntegration } from '../find-integration.ts';
import { recordAudit } from '../record-audit.ts';
import { requireWebhook } from './find-webhook.ts';
import { requireFittingSecret, storeWebhookSecret } from './webhook-secrets.ts';

type Body = InputOf<typeof route>['body'];
type Webhook = NonNullable<IntegrationDocument['webhook']>;
type Needs = Pick<
  Deps,
  'adapters' | 'integrations' | 'secrets' | 'audit' | 'webhookTargets' | 'webhooks' | 'newId' | 'now'
>;

/**
 * Says how an integration's webhooks are verified; from then on they are taken. A secret that is given replaces those that there are at once; without
 * one, the same kind keeps its secrets, and another kind gets one of our making, where the provider takes that.
 *
 * @throws AppError `not-found`, `precondition-failed`, `invalid-request` naming the field
 */
export async function setWebhookEndpoint(
  deps: Needs,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  requirePossible(body, deps.webhooks);
  const { secret: given, ...settings } = body;
  const { verification } = settings;
  const origin = secretOrigin(verification);
  const made = given === undefined && origin === 'either' ? composeSecret(verification, randomBytes(32)) : undefined;
  let isMade = false;
  const at = attempt.at.toISOString();
  const { document, etag } = await changeDocument(deps.integrations, scope, {
    find: () => findIntegration(deps, scope, params.integrationId),
    change: async (current) => {
      requireKindOf(findAdapter(deps, current.provider), verification);
      const kept = given === undefined ? keptSecrets(current.webhook, body) : undefined;
      const value = given ?? made;
      isMade = kept === undefined && made !== undefined;
      if (kept === undefined && value === undefined && origin !== 'none') {
        throw new AppError('invalid-request', {
          errors: [{ in: 'body', field: '/secret', message: 'must be given: the provider issues it' }],
        });
      }
      const secrets =
        kept ?? (value === undefined ? [] : [await storeWebhookSecret(deps, scope, current.id, { value, at })]);
      return { ...current, webhook: { ...settings, secrets, updatedAt: at }, updatedAt: at };
    },
    ifMatch,
    repeated: attempt.repeated,
  });
  deps.webhookTargets.forget(webhookTargetKey(scope.tenantId, document.id));
  await recordAudit(deps, scope, { action: 'webhook.set', subject: document.id, detail: verification.kind });
  const described = describeWebhook(document, requireWebhook(document), deps.webhooks, at);
  return { body: { ...described, ...(isMade ? { secret: made } : {}) }, etag };
}

/** A provider signs in its own way, whatever somebody would like. */
function requireKindOf({ verifications }: Adapter, { kind }: WebhookVerification): void {
  if (verifications === undefined || verifications.includes(kind)) return;
  throw new AppError('invalid-request', {
    errors: [{ in: 'body', field: '/verification/kind', message: `must be one of: ${verifications.join(', ')}` }],
  });
}

/** A kind goes on with its own secrets only: another one may read them otherwise. */
function keptSecrets(webhook: Webhook | undefined, { verification }: Body): Webhook['secrets'] | undefined {
  return webhook?.verification.kind === verification.kind && webhook.secrets.length > 0 ? webhook.secrets : undefined;
}

/** What could never be verified is refused now, not with each delivery. */
function requirePossible({ verification, handshake, secret }: Body, settings: WebhookSettings): void {
  const refuse = (field: string, message: string): never => {
    throw new AppError('invalid-request', { errors: [{ in: 'body', field, message }] });
  };
  if (secret !== undefined) requireFittingSecret(verification, secret);
  if (verification.kind === 'client-certificate' && settings.certificateHeader === undefined) {
    refuse('/verification/kind', 'needs CLIENT_CERTIFICATE_HEADER: this deployment believes no front end');
  }
  const signsUrl =
    verification.kind === 'hubspot' || (verification.kind === 'hmac' && verification.template.includes('{url}'));
  if (signsUrl && settings.publicUrl === undefined) {
    refuse('/verification/kind', 'needs PUBLIC_URL: the sender signs the address that it calls');
  }
  const needsSecret = handshake?.kind === 'echo-query' && handshake.secretParameter !== undefined;
  if (needsSecret && secretOrigin(verification) === 'none') {
    refuse('/handshake/secretParameter', 'needs a kind of verification that has a secret');
  }
}
