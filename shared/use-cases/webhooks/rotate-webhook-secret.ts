import { randomBytes } from 'node:crypto';
import type { rotateWebhookSecret as route } from '../../contracts/webhook-endpoints.ts';
import { AppError } from '../../core/app-error.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeWebhook } from '../../core/webhooks/describe-webhook.ts';
import { composeSecret, secretOrigin } from '../../core/webhooks/webhook-secret.ts';
import { webhookTargetKey } from '../../core/webhooks/webhook-target.ts';
import { changeDocument } from '../change-document.ts';
import { findIntegration } from '../find-integration.ts';
import { recordAudit } from '../record-audit.ts';
import { requireWebhook } from './find-webhook.ts';
import { requireFittingSecret, storeWebhookSecret } from './webhook-secrets.ts';

const minuteMs = 60_000;

/**
 * Gives an integration's webhooks a new secret. The one that is kept holds for the overlap, so that nothing is refused while the provider is told;
 * another one holds no more.
 *
 * @throws AppError `not-found`; `wrong-state` for a kind without a secret; `invalid-request` naming `/secret`
 */
export async function rotateWebhookSecret(
  deps: Pick<Deps, 'integrations' | 'secrets' | 'audit' | 'webhookTargets' | 'webhooks' | 'newId' | 'now'>,
  scope: Scope,
  { params, body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const at = attempt.at.toISOString();
  const endsAt = new Date(attempt.at.getTime() + body.overlapMinutes * minuteMs).toISOString();
  const random = randomBytes(32);
  let made: string | undefined;
  const { document } = await changeDocument(deps.integrations, scope, {
    find: () => findIntegration(deps, scope, params.integrationId),
    change: async (current) => {
      const webhook = requireWebhook(current);
      const { verification, secrets } = webhook;
      const origin = secretOrigin(verification);
      if (origin === 'none') throw new AppError('wrong-state', { detail: 'Its kind of verification has no secret.' });
      if (body.secret === undefined && origin === 'provider') {
        throw new AppError('invalid-request', {
          errors: [{ in: 'body', field: '/secret', message: 'must be given: the provider issues it' }],
        });
      }
      made = body.secret === undefined ? composeSecret(verification, random) : undefined;
      const value = body.secret ?? made ?? '';
      requireFittingSecret(verification, value);
      const before = body.keep === 'previous' ? (secrets[1] ?? secrets[0]) : secrets[0];
      const newest = await storeWebhookSecret(deps, scope, current.id, { value, at });
      const overlapping = before === undefined || body.overlapMinutes === 0 ? [] : [{ ...before, endsAt }];
      return { ...current, webhook: { ...webhook, secrets: [newest, ...overlapping], updatedAt: at }, updatedAt: at };
    },
  });
  deps.webhookTargets.forget(webhookTargetKey(scope.tenantId, document.id));
  await recordAudit(deps, scope, { action: 'webhook.secret-rotated', subject: document.id });
  const described = describeWebhook(document, requireWebhook(document), deps.webhooks, at);
  return { body: { ...described, ...(made === undefined ? {} : { secret: made }) } };
}
