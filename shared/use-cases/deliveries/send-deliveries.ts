import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

const idsInMessage = 50;

/** Has deliveries worked on, in order, after a delay. One message more than needed does no harm: each delivery is taken by one worker. */
export async function sendDeliveries(
  deps: Pick<Deps, 'deliveryQueue'>,
  { tenantId, traceparent }: Scope,
  deliveryIds: readonly string[],
  delayMs = 0,
): Promise<void> {
  for (let first = 0; first < deliveryIds.length; first += idsInMessage) {
    await deps.deliveryQueue.send(
      {
        kind: 'process-deliveries',
        tenantId,
        traceparent,
        deliveryIds: deliveryIds.slice(first, first + idsInMessage),
      },
      delayMs,
    );
  }
}
