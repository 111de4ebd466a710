import type { HealthDueDocument } from '../core/documents/due.ts';
import type { Deps, Stored } from '../core/ports.ts';
import { systemScope } from '../core/scope.ts';
import { checkIntegration, nextCheckAt } from './check-integration.ts';
import { findLeftDeliveries } from './deliveries/sweep-deliveries.ts';
import { noteExpiringKeys } from './find-expiring-keys.ts';
import { measureOutgoingQueues, measureWorkQueue } from './measure-work-queue.ts';

const entriesAtOnce = 100;
const looksAtOnce = 8;

/** A tick that has more to look at than it can begin in this time leaves the rest to the next one. */
const longestTickMs = 45_000;

/**
 * One tick of the health monitor: measures the queues and looks at every integration that is due. Each for itself; one that can't be looked
 * at is tried again later and holds up nobody.
 *
 * @returns how many integrations were looked at
 */
export async function monitorHealth(deps: Deps, traceparent: string): Promise<number> {
  const startedAt = deps.now();
  const workDelayedSince = await measureWorkQueue(deps).catch((error: unknown) => {
    deps.log.alert('the work queue could not be measured', { error });
    return undefined;
  });
  await measureOutgoingQueues(deps).catch((error: unknown) => {
    deps.log.alert('the queue of outgoing webhooks could not be measured', { error });
  });
  const seen = new Set<string>();
  const tenants = new Set<string>();
  for (;;) {
    const entries = await deps.healthDue.listDue(startedAt.toISOString(), entriesAtOnce);
    const fresh = entries.filter(({ document }) => !seen.has(document.id));
    for (let first = 0; first < fresh.length; first += looksAtOnce) {
      const group = fresh.slice(first, first + looksAtOnce);
      await Promise.all(group.map((entry) => look(deps, traceparent, entry, workDelayedSince, tenants)));
      for (const { document } of group) seen.add(document.id);
      if (deps.now().getTime() - startedAt.getTime() >= longestTickMs) return seen.size;
    }
    if (fresh.length === 0 || entries.length < entriesAtOnce) return seen.size;
  }
}

async function look(
  deps: Deps,
  traceparent: string,
  entry: Stored<HealthDueDocument>,
  workDelayedSince: string | undefined,
  tenants: Set<string>,
): Promise<void> {
  const { tenantId, integrationId } = entry.document;
  const scope = systemScope(tenantId, 'health-monitor', traceparent);
  try {
    if (!tenants.has(tenantId)) {
      tenants.add(tenantId);
      await noteExpiringKeys(deps, scope);
    }
    await findLeftDeliveries(deps, scope, integrationId);
    await checkIntegration(deps, scope, entry, workDelayedSince);
  } catch (error) {
    deps.log.alert('the health of an integration could not be looked at', { tenantId, integrationId, error });
    await postpone(deps, entry);
  }
}

/** Where even that fails, the entry stays due, and the next tick tries again. */
async function postpone(deps: Deps, entry: Stored<HealthDueDocument>): Promise<void> {
  try {
    await deps.healthDue.reschedule(entry, nextCheckAt(deps));
  } catch (error) {
    deps.log.warn('an entry of the health monitor could not be moved', { id: entry.document.id, error });
  }
}
