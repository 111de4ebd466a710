import type { z } from 'zod';
import { integrationId as integrationIdSchema, tenantId as tenantIdSchema } from '../../contracts/identifiers.ts';
import { AppError } from '../../core/app-error.ts';
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

/** The integration that a URL names, as it is now; `undefined` for whatever takes no webhooks, whyever. */
export async function findWebhookTarget(
  deps: Needs,
  { scope, integrationId }: NamedTarget,
): Promise<WebhookTarget | undefined> {
  const integration = (await deps.integrations.get(scope, { id: integrationId }))?.document;
  const endpoint = integration?.enabled === true ? integration.webhook : undefined;
  const key = webhookTargetKey(scope.tenantId, integrationId);
  if (integration === undefined || endpoint === undefined) {
    deps.webhookTargets.forget(key);
    return undefined;
  }
  const target = { integration, endpoint, secrets: await liveSecrets(deps, scope, integration.id, endpoint.secrets) };
  deps.webhookTargets.set(key, target);
  return target;
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
