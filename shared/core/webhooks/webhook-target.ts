import type { IntegrationDocument } from '../documents/integration.ts';
import type { LiveSecret } from './evidence.ts';

/** An integration that takes webhooks, and what they are judged by. */
export interface WebhookTarget {
  readonly integration: IntegrationDocument;
  /** Of the integration's document: as long as it is the same, so is what requests are judged by. */
  readonly etag: string;
  readonly endpoint: NonNullable<IntegrationDocument['webhook']>;
  readonly secrets: readonly LiveSecret[];
}

/** Under what a target is remembered. */
export function webhookTargetKey(tenantId: string, integrationId: string): string {
  return `${tenantId}/${integrationId}`;
}
