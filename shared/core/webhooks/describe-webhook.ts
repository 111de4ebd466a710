import type { z } from 'zod';
import type { getWebhookEndpoint } from '../../contracts/webhook-endpoints.ts';
import type { IntegrationDocument } from '../documents/integration.ts';
import { salesforceSecretParameter } from './verify-salesforce.ts';
import type { WebhookSettings } from './webhook-settings.ts';

type Described = z.infer<NonNullable<typeof getWebhookEndpoint.success.body>>;

/** How an integration's webhooks are taken, as the API shows it: secrets by their last characters only. */
export function describeWebhook(
  { id, tenantId }: Pick<IntegrationDocument, 'id' | 'tenantId'>,
  endpoint: NonNullable<IntegrationDocument['webhook']>,
  { publicUrl }: WebhookSettings,
  now: string,
): Described {
  const { verification, sourceRanges, identity, handshake, secrets, updatedAt } = endpoint;
  return {
    integrationId: id,
    url: `${publicUrl ?? ''}/api/webhooks/${id}/${tenantId}${secretPart(verification)}`,
    verification,
    sourceRanges,
    identity,
    handshake,
    secrets: secrets
      .filter(({ endsAt }) => endsAt === undefined || endsAt > now)
      .map(({ hint, addedAt, endsAt }) => ({ hint, addedAt, endsAt })),
    updatedAt,
  };
}

function secretPart(verification: Described['verification']): string {
  if (verification.kind !== 'salesforce-outbound-message') return '';
  return verification.secretIn === 'path' ? '/{secret}' : `?${salesforceSecretParameter}={secret}`;
}
