import { AppError } from '../../core/app-error.ts';
import type { IntegrationDocument } from '../../core/documents/integration.ts';

/** How an integration takes webhooks. @throws AppError `not-found` where it takes none */
export function requireWebhook({ webhook }: IntegrationDocument): NonNullable<IntegrationDocument['webhook']> {
  if (webhook === undefined) throw new AppError('not-found', { detail: 'The integration takes no webhooks.' });
  return webhook;
}
