import { z } from 'zod';
import { apiKeyId, instant, text } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute, roles } from './route.ts';

export const apiKey = z
  .strictObject({
    id: apiKeyId,
    name: z.string(),
    role: z.enum(roles),
    createdAt: instant,
    expiresAt: instant,
    lastUsedAt: instant.optional(),
  })
  .meta({ id: 'ApiKey' });

export const listApiKeys = defineRoute({
  id: 'listApiKeys',
  method: 'GET',
  path: 'tenant/api-keys',
  summary: 'API keys of your tenant; never the keys themselves',
  tag: 'API keys',
  role: 'admin',
  query: z.strictObject(pageQuery),
  success: { status: 200, body: pageOf(apiKey), description: 'A page, newest first' },
  problems: [],
});

export const createApiKey = defineRoute({
  id: 'createApiKey',
  method: 'POST',
  path: 'tenant/api-keys',
  summary: 'Issue an API key; it is shown once',
  tag: 'API keys',
  role: 'admin',
  body: z.strictObject({
    name: text(120),
    role: z.enum(roles).default('viewer'),
    expiresInDays: z.int().min(1).max(366).default(90),
  }),
  success: {
    status: 201,
    body: apiKey
      .extend({ key: z.string().describe('Send it as `X-Api-Key`. It is not stored and cannot be shown again.') })
      .meta({ id: 'NewApiKey' }),
    description: 'The key, once',
  },
  problems: [],
});

export const revokeApiKey = defineRoute({
  id: 'revokeApiKey',
  method: 'DELETE',
  path: 'tenant/api-keys/{apiKeyId}',
  summary: 'Revoke an API key at once',
  tag: 'API keys',
  role: 'admin',
  params: z.strictObject({ apiKeyId }),
  success: { status: 204, description: 'Revoked' },
  problems: ['not-found'],
});
