import type { z } from 'zod';
import { integrationId as integrationIdSchema, tenantId as tenantIdSchema } from '../../contracts/identifiers.ts';
import { AppError } from '../../core/app-error.ts';
import type { IntegrationDocument } from '../../core/documents/integration.ts';
import type { Deps } from '../../core/ports.ts';
import { type Scope, systemScope } from '../../core/scope.ts';
import type { LiveSecret } from '../../core/webhooks/evidence.ts';
import { webhookSecretName } from '../../core/webhooks/webhook-secret.ts';
import { type WebhookTarget, webhookTargetKey } from '../../core/webhooks/webhook-target.ts';

/** Who a URL names: a tenant, and one of its integrations, whether or not there is one. */
export interface NamedTarget {
  readonly scope: Scope;
  readonly integrationId: string;
}

type Needs = Pick<Deps, 'integrations' | 'secrets' | 'webhookTargets' | 'now'>;

/** `undefined` where the names are none that there could be. */
export function readTarget(
  named: { readonly integrationId?: string | undefined; readonly tenantId?: string | undefined },
  traceparent: string,
): NamedTarget | undefined {
  const tenantId = parsed(tenantIdSchema, named.tenantId);
  const integrationId = parsed(integrationIdSchema, named.integrationId);
  if (tenantId === undefined || integrationId === undefined) return undefined;
  return { scope: systemScope(tenantId, 'webhook', traceparent), integrationId };
}

function parsed(schema: z.ZodType<string>, text: string | undefined): string | undefined {
  const result = schema.safeParse(text);
  return result.success ? result.data : undefined;
}

/** What is at a URL: an integration that takes webhooks, or why nothing is taken there. */
export type FoundTarget = WebhookTarget | { readonly closed: string; readonly exists: boolean };

/** The integration that a URL names, as it is now. */
export async function findWebhookTarget(deps: Needs, { scope, integrationId }: NamedTarget): Promise<FoundTarget> {
  const stored = await deps.integrations.get(scope, { id: integrationId });
  const key = webhookTargetKey(scope.tenantId, integrationId);
  const closed = whyClosed(stored?.document);
  if (stored === undefined || stored.document.webhook === undefined || closed !== undefined) {
    deps.webhookTargets.forget(key);
    return { closed: closed ?? noTarget, exists: stored !== undefined };
  }
  const { document: integration, etag } = stored;
  const { webhook: endpoint } = stored.document;
  const secrets = await liveSecrets(deps, scope, integration.id, endpoint.secrets);
  const target = { integration, etag, endpoint, secrets };
  deps.webhookTargets.set(key, target);
  return target;
}

export const noTarget = 'no integration is there';

function whyClosed(integration: IntegrationDocument | undefined): string | undefined {
  if (integration === undefined) return noTarget;
  if (integration.webhook === undefined) return 'the integration takes no webhooks';
  return integration.enabled ? undefined : 'the integration is disabled';
}

/** A secret that was erased meanwhile holds no more: then nothing fits. */
async function liveSecrets(
  deps: Needs,
  scope: Scope,
  integrationId: string,
  secrets: WebhookTarget['endpoint']['secrets'],
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
