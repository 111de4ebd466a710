import { healthDueKey } from '../core/due.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/**
 * Has the health monitor look at an integration, now or later, and go on looking: the entry is put, whether there was one or not. Only for an
 * integration whose document is there, unless `delayMs` gives its creation the time to end or die: the monitor removes the entry of one that
 * it does not find.
 */
export async function watchIntegration(
  deps: Pick<Deps, 'healthDue' | 'now'>,
  { tenantId }: Pick<Scope, 'tenantId'>,
  integrationId: string,
  delayMs = 0,
): Promise<void> {
  await deps.healthDue.put({
    ...healthDueKey(tenantId, integrationId),
    schemaVersion: 1,
    kind: 'health',
    tenantId,
    integrationId,
    dueAt: new Date(deps.now().getTime() + delayMs).toISOString(),
  });
}
