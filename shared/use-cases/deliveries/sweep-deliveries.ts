import type { DeliveriesDueDocument } from '../../core/documents/due.ts';
import type { Deps, Listing, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { isDue, openStates } from '../../core/webhooks/advance-delivery.ts';
import { sendDeliveries } from './send-deliveries.ts';
import { watchDeliveries } from './watch-deliveries.ts';

const pageSize = 100;

/** Those that are found wait for one another in the queue; the next look finds the rest. */
const mostSent = 200;

/**
 * One look for deliveries of an integration that are due and that nobody works on: their worker died, or their message or wake-up was lost. The entry stays
 * as long as one is open.
 */
export async function sweepDeliveries(
  deps: Pick<Deps, 'deliveries' | 'deliveryQueue' | 'due' | 'engine' | 'now'>,
  scope: Scope,
  { document, etag }: Stored<DeliveriesDueDocument>,
): Promise<void> {
  const nowMs = deps.now().getTime();
  const lost: string[] = [];
  let open = 0;
  let afterId: string | undefined;
  for (;;) {
    const page = await deps.deliveries.list(scope, { ...listing(document.integrationId), afterId });
    open += page.length;
    for (const { document: delivery } of page) {
      // A new one is about to be brought by the change feed.
      const isFresh = delivery.state === 'received' && nowMs - Date.parse(delivery.receivedAt) < deps.engine.watchMs;
      if (isDue(delivery, nowMs) && !isFresh) lost.push(delivery.id);
    }
    afterId = page.at(-1)?.document.arrival;
    if (page.length < pageSize || lost.length >= mostSent) break;
  }
  await sendDeliveries(deps, scope, lost.slice(0, mostSent));
  if (open === 0) return deps.due.remove(document, etag);
  await deps.due.reschedule({ document, etag }, new Date(nowMs + deps.engine.watchMs).toISOString());
}

/** Has the clock look after an integration some of whose deliveries are open and that it does not look after: whatever was to see to it was lost. */
export async function findLeftDeliveries(
  deps: Pick<Deps, 'deliveries' | 'due' | 'engine' | 'now' | 'newId'>,
  scope: Scope,
  integrationId: string,
): Promise<void> {
  const [oldest] = await deps.deliveries.list(scope, { ...listing(integrationId), limit: 1 });
  if (oldest !== undefined) await watchDeliveries(deps, scope, integrationId);
}

function listing(integrationId: string): Listing {
  return {
    filters: [
      { field: 'integrationId', is: 'equal', value: integrationId },
      { field: 'state', is: 'one-of', values: openStates },
    ],
    orderBy: 'arrival',
    order: 'ascending',
    limit: pageSize,
  };
}
