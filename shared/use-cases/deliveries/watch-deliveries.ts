import { dueKey } from '../../core/due.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/**
 * Has the clock look for deliveries of an integration that are left, before anybody takes one of them. The entry is put anew each time: a look that has
 * just found nothing cannot remove it then.
 */
export async function watchDeliveries(
  deps: Pick<Deps, 'due' | 'engine' | 'now' | 'newId'>,
  scope: Scope,
  integrationId: string,
): Promise<void> {
  const key = dueKey('deliveries', scope.tenantId, integrationId);
  const present = await deps.due.get(key);
  const wanted = new Date(deps.now().getTime() + deps.engine.leaseMs + deps.engine.watchMs).toISOString();
  const dueAt = present === undefined || present.document.dueAt > wanted ? wanted : present.document.dueAt;
  await deps.due.put({
    ...key,
    schemaVersion: 1,
    kind: 'deliveries',
    tenantId: scope.tenantId,
    integrationId,
    touch: deps.newId('message'),
    dueAt,
  });
}
