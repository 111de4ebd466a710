import { AppError } from '../../core/app-error.ts';
import type { IntegrationDocument } from '../../core/documents/integration.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { WebhookVerification } from '../../core/webhooks/evidence.ts';
import { judgeSecret, secretOrigin, webhookSecretName } from '../../core/webhooks/webhook-secret.ts';

/** A shorter secret would be half told by its last characters. */
const shortestHinted = 12;

/** @throws AppError `invalid-request` naming `/secret` when it cannot be one of this kind */
export function requireFittingSecret(verification: WebhookVerification, secret: string): void {
  const message =
    secretOrigin(verification) === 'none' ? 'is not used by this kind' : judgeSecret(verification, secret);
  if (message !== undefined) {
    throw new AppError('invalid-request', { errors: [{ in: 'body', field: '/secret', message }] });
  }
}

/** Puts a secret into Key Vault, as a new version of the integration's; what the document says of it. */
export async function storeWebhookSecret(
  deps: Pick<Deps, 'secrets'>,
  scope: Scope,
  integrationId: string,
  { value, at }: { readonly value: string; readonly at: string },
): Promise<NonNullable<IntegrationDocument['webhook']>['secrets'][number]> {
  const version = await deps.secrets.put(scope, webhookSecretName(integrationId), value);
  return { version, addedAt: at, ...(value.length < shortestHinted ? {} : { hint: `…${value.slice(-4)}` }) };
}
