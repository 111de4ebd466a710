import type { z } from 'zod';
import { integrationId as integrationIdSchema, tenantId as tenantIdSchema } from '../../contracts/identifiers.ts';
import { AppError } from '../../core/app-error.ts';
import type { IntegrationDocument } from '../../core/documents/integration.ts';
import type { Deps } from '../../core/ports.ts';
import { type Scope, systemScope } from '../../core/scope.ts';
import type { LiveSecret } from '../../core/webhooks/evidence.ts';
import { webhookSecretName } from '../../core/webhooks/webhook-secret.ts';

type Endpoint = NonNullable<IntegrationDocument['webhook']>;

/** An integration that takes webhooks, and what they are judged by. */
export interface WebhookTarget {
  readonly scope: Scope;
  readonly integration: IntegrationDocument;
  readonly endpoint: Endpoint;
  readonly secrets: readonly LiveSecret[];
}

/** The integration that a URL names; `undefined` for whatever takes no webhooks, whyever. */
export async function findWebhookTarget(
  deps: Pick<Deps, 'integrations' | 'secrets' | 'now'>,
  named: { readonly integrationId: string; readonly tenantId: string },
  traceparent: string,
): Promise<WebhookTarget | undefined> {
  const tenantId = parsed(tenantIdSchema, named.tenantId);
  const integrationId = parsed(integrationIdSchema, named.integrationId);
  if (tenantId === undefined || integrationId === undefined) return undefined;
  const scope = systemScope(tenantId, 'webhook', traceparent);
  const integration = (await deps.integrations.get(scope, { id: integrationId }))?.document;
  const endpoint = integration?.enabled === true ? integration.webhook : undefined;
  if (integration === undefined || endpoint === undefined) return undefined;
  return { scope, integration, endpoint, secrets: await liveSecrets(deps, scope, integration.id, endpoint) };
}

function parsed(schema: z.ZodType<string>, text: string): string | undefined {
  const result = schema.safeParse(text);
  return result.success ? result.data : undefined;
}

/** A secret that was erased meanwhile holds no more: then nothing fits. */
async function liveSecrets(
  deps: Pick<Deps, 'secrets' | 'now'>,
  scope: Scope,
  integrationId: string,
  { secrets }: Endpoint,
): Promise<LiveSecret[]> {
  const now = deps.now().toISOString();
  const live = secrets.filter(({ endsAt }) => endsAt === undefined || endsAt > now);
  const read = live.map(async ({ version }, index): Promise<LiveSecret[]> => {
    try {
      const value = await deps.secrets.get(scope, webhookSecretName(integrationId), version);
      return [{ which: index === 0 ? 'current' : 'previous', value }];
    } catch (error) {
      if (error instanceof AppError && error.code === 'not-connected') return [];
      throw error;
    }
  });
  return (await Promise.all(read)).flat();
}
