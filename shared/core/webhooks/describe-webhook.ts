import type { z } from 'zod';
import type { getWebhookEndpoint, getWebhookRefusals } from '../../contracts/webhook-endpoints.ts';
import type { IntegrationDocument } from '../documents/integration.ts';
import type { RefusalRecord } from './refusal-record.ts';
import { salesforceSecretParameter } from './verify-salesforce.ts';
import type { WebhookSettings } from './webhook-settings.ts';

type Described = z.infer<NonNullable<typeof getWebhookEndpoint.success.body>>;
type Refusals = z.infer<NonNullable<typeof getWebhookRefusals.success.body>>;

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

/** What was refused, the newest day and the most frequent reason first. */
export function describeRefusals(integrationId: string, { days, recent }: RefusalRecord): Refusals {
  const described = Object.entries(days)
    .sort(([left], [right]) => (left < right ? 1 : -1))
    .map(([day, counts]) => {
      const reasons = Object.entries(counts)
        .map(([reason, count]) => ({ reason, count }))
        .sort((left, right) => right.count - left.count);
      return { day, count: reasons.reduce((sum, { count }) => sum + count, 0), reasons };
    });
  return { integrationId, days: described, recent: [...recent] };
}

function secretPart(verification: Described['verification']): string {
  if (verification.kind !== 'salesforce-outbound-message') return '';
  return verification.secretIn === 'path' ? '/{secret}' : `?${salesforceSecretParameter}={secret}`;
}
