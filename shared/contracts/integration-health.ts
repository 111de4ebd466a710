import { z } from 'zod';
import { apiKeyId, instant, integrationId, providerId, taskId } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const health = z.enum(['healthy', 'degraded', 'failing']);

export type Health = z.infer<typeof health>;

/** Why an integration is not healthy. The worst of its reasons is its health. */
export const healthReason = z
  .strictObject({
    code: z.enum([
      'not-connected',
      'connection-failing',
      'credential-expiring',
      'credential-expired',
      'run-failed',
      'runs-failing',
      'records-failing',
      'run-waiting',
      'run-stuck',
      'work-delayed',
    ]),
    health: z.enum(['degraded', 'failing']),
    message: z.string().describe('In words, for people'),
    since: instant,
    taskId: taskId.optional(),
  })
  .meta({ id: 'HealthReason' });

export type HealthReason = z.infer<typeof healthReason>;

export const integrationHealth = z
  .strictObject({
    integrationId,
    name: z.string(),
    provider: providerId,
    health,
    since: instant.describe('When it came to be so'),
    reasons: z.array(healthReason),
    checkedAt: instant,
  })
  .meta({ id: 'IntegrationHealth' });

export const listIntegrationHealth = defineRoute({
  id: 'listIntegrationHealth',
  method: 'GET',
  path: 'health/integrations',
  summary: 'How well the integrations of your tenant do, and why',
  tag: 'Health',
  role: 'viewer',
  query: z.strictObject(pageQuery),
  success: {
    status: 200,
    body: pageOf(integrationHealth).extend({
      expiringApiKeys: z
        .array(z.strictObject({ id: apiKeyId, expiresAt: instant }))
        .optional()
        .describe('API keys of your tenant that end within 14 days; on the first page'),
    }),
    description: 'A page of integrations, newest first',
  },
  problems: [],
});
