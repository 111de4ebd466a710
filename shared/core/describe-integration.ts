import type { z } from 'zod';
import type { connection } from '../contracts/connections.ts';
import type { integration } from '../contracts/integrations.ts';
import type { IntegrationDocument } from './documents/integration.ts';

/** A stored integration as the API shows it. */
export function describeIntegration(document: IntegrationDocument): z.infer<typeof integration> {
  return {
    id: document.id,
    provider: document.provider,
    name: document.name,
    settings: document.settings,
    enabled: document.enabled,
    connection: document.connection?.state ?? 'not-connected',
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
  };
}

/** The connection of a stored integration as the API shows it: never the credential, nor where it is kept. */
export function describeConnection(document: IntegrationDocument): z.infer<typeof connection> {
  if (document.connection === undefined) return { integrationId: document.id, state: 'not-connected' };
  const { state, kind, hint, connectedAt, checkedAt, expiresAt, problem } = document.connection;
  return { integrationId: document.id, state, kind, hint, connectedAt, checkedAt, expiresAt, problem };
}
