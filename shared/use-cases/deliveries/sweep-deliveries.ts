import type { DeliveryDocument } from '../../core/documents/delivery.ts';
import type { DeliveriesDueDocument } from '../../core/documents/due.ts';
import type { Deps, Filter, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { openStates } from '../../core/webhooks/advance-delivery.ts';
import { arrivalAt } from '../../core/webhooks/arrival.ts';
import { equalFilters } from '../list-page.ts';
import { sendDeliveries } from './send-deliveries.ts';
import { watchDeliveries } from './watch-deliveries.ts';

/** Of each kind; those that are found wait for one another in the queue, and the next look finds the rest. */
const mostSent = 100;

/**
 * One look for deliveries of an integration that are due and that nobody works on: their worker died, or their message or wake-up was lost. It costs the same
 * however many wait for their turn. The entry stays as long as one is open.
 */
export async function sweepDeliveries(
  deps: Pick<Deps, 'deliveries' | 'deliveryQueue' | 'due' | 'engine' | 'now'>,
  scope: Scope,
  { document, etag }: Stored<DeliveriesDueDocument>,
): Promise<void> {
  const { integrationId } = document;
  if ((await findOldest(deps, scope, integrationId)) === undefined) return deps.due.remove(document, etag);
  const nowMs = deps.now().getTime();
  const after = new Date(nowMs + 1).toISOString();
  // A new one is about to be brought by the change feed.
  const arrivedBefore = arrivalAt(nowMs - deps.engine.watchMs);
  for (const [state, field, value] of [
    ['received', 'arrival', arrivedBefore],
    ['failed', 'processing.nextAttemptAt', after],
    ['processing', 'processing.leaseUntil', after],
  ] as const) {
    const filters: Filter[] = [...equalFilters({ integrationId, state }), { field, is: 'below', value }];
    const lost = await deps.deliveries.list(scope, {
      filters,
      orderBy: 'arrival',
      order: 'ascending',
      limit: mostSent,
    });
    const ids = lost.map(({ document: delivery }) => delivery.id);
    await sendDeliveries(deps, scope, ids);
  }
  await deps.due.reschedule({ document, etag }, new Date(nowMs + deps.engine.watchMs).toISOString());
}

/** Has the clock look after an integration some of whose deliveries are open and that it does not look after: whatever was to see to it was lost. */
export async function findLeftDeliveries(
  deps: Pick<Deps, 'deliveries' | 'due' | 'engine' | 'now' | 'newId'>,
  scope: Scope,
  integrationId: string,
): Promise<void> {
  const oldest = await findOldest(deps, scope, integrationId);
  if (oldest !== undefined) await watchDeliveries(deps, scope, integrationId);
}

/** The oldest delivery that is not at an end. */
async function findOldest(
  deps: Pick<Deps, 'deliveries'>,
  scope: Scope,
  integrationId: string,
): Promise<Stored<DeliveryDocument> | undefined> {
  const filters: Filter[] = [
    { field: 'integrationId', is: 'equal', value: integrationId },
    { field: 'state', is: 'one-of', values: openStates },
  ];
  const [oldest] = await deps.deliveries.list(scope, { filters, orderBy: 'arrival', order: 'ascending', limit: 1 });
  return oldest;
}
