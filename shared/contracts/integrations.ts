import { z } from 'zod';
import { instant, integrationId, providerId, text } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const catalogEntry = z
  .strictObject({
    provider: providerId,
    label: z.string(),
    description: z.string(),
    auth: z.array(z.enum(['api-key', 'basic', 'bearer', 'none'])),
    capabilities: z.array(z.enum(['pull', 'push', 'webhooks'])),
    requestsPerMinute: z.int(),
    settingsSchema: z.record(z.string(), z.unknown()).describe('JSON Schema of the settings'),
  })
  .meta({ id: 'CatalogEntry' });

export const connectionState = z.enum(['not-connected', 'connected', 'failing']);

export const integration = z
  .strictObject({
    id: integrationId,
    provider: providerId,
    name: z.string(),
    settings: z.record(z.string(), z.unknown()),
    enabled: z.boolean(),
    connection: connectionState,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Integration' });

const integrationParams = z.strictObject({ integrationId });

/** Settings are the provider's own: checked against the provider's schema when they are stored. */
const settings = z
  .record(z.string(), z.unknown())
  .describe("The provider's settings; see `settingsSchema` in the catalog");

export const listCatalog = defineRoute({
  id: 'listCatalog',
  method: 'GET',
  path: 'integrations',
  summary: 'The providers that can be connected',
  tag: 'Catalog',
  role: 'viewer',
  success: { status: 200, body: z.strictObject({ items: z.array(catalogEntry) }), description: 'Every provider' },
  problems: [],
});

export const listIntegrations = defineRoute({
  id: 'listIntegrations',
  method: 'GET',
  path: 'tenant/integrations',
  summary: 'The integrations of your tenant',
  tag: 'Integrations',
  role: 'viewer',
  query: z.strictObject({ ...pageQuery, provider: providerId.optional() }),
  success: { status: 200, body: pageOf(integration), description: 'A page, newest first' },
  problems: [],
});

export const createIntegration = defineRoute({
  id: 'createIntegration',
  method: 'POST',
  path: 'tenant/integrations',
  summary: 'Enable a provider',
  tag: 'Integrations',
  role: 'admin',
  idempotent: true,
  concurrency: 'answers-etag',
  body: z.strictObject({ provider: providerId, name: text(120), settings }),
  success: { status: 201, body: integration, description: 'The integration, not yet connected' },
  problems: [],
});

export const getIntegration = defineRoute({
  id: 'getIntegration',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}',
  summary: 'One integration',
  tag: 'Integrations',
  role: 'viewer',
  concurrency: 'answers-etag',
  params: integrationParams,
  success: { status: 200, body: integration, description: 'The integration' },
  problems: ['not-found'],
});

export const updateIntegration = defineRoute({
  id: 'updateIntegration',
  method: 'PATCH',
  path: 'tenant/integrations/{integrationId}',
  summary: 'Rename, reconfigure, enable or disable an integration',
  tag: 'Integrations',
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params: integrationParams,
  body: z
    .strictObject({ name: text(120).optional(), settings: settings.optional(), enabled: z.boolean().optional() })
    .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field'),
  success: { status: 200, body: integration, description: 'The integration as it is now' },
  problems: ['not-found', 'precondition-failed'],
});

export const deleteIntegration = defineRoute({
  id: 'deleteIntegration',
  method: 'DELETE',
  path: 'tenant/integrations/{integrationId}',
  summary: 'Remove an integration, its tasks and its credentials; the shards stay',
  tag: 'Integrations',
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params: integrationParams,
  success: { status: 204, description: 'Removed' },
  problems: ['not-found', 'precondition-failed', 'already-running'],
});
