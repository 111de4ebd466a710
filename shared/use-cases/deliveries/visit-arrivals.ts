import { type DeliveryDocument, deliveryDocument } from '../../core/documents/delivery.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Feed } from '../visit-changes.ts';
import { processDeliveries } from './process-deliveries.ts';

export const deliveriesFeed: Feed<DeliveryDocument> = { name: 'process-deliveries', schema: deliveryDocument };

/** A batch of the change feed: what is new is worked on. Every other change was made by whoever works on the delivery. */
export async function visitArrivals(
  deps: Deps,
  scope: Scope,
  documents: readonly Pick<DeliveryDocument, 'id' | 'state'>[],
): Promise<void> {
  const arrived = documents.filter(({ state }) => state === 'received').map(({ id }) => id);
  if (arrived.length > 0) await processDeliveries(deps, scope, arrived);
}
