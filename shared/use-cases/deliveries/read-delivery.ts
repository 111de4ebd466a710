import type { DeliveryReading } from '../../core/adapter-webhooks.ts';
import type { DeliveryDocument } from '../../core/documents/delivery.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { deliveryPayload } from '../../core/webhooks/delivery-payload.ts';
import { recordKeyOf } from '../../core/webhooks/delivery-sighting.ts';
import { readDeliveryBody } from '../webhooks/delivery-bytes.ts';
import { adapterOf, type DeliverySource } from './delivery-source.ts';

/** `refused`: it can never be read as it is. */
export type ReadDelivery = DeliveryReading | { readonly kind: 'refused'; readonly reason: string };

/** What a delivery says. Throws AppError `not-connected`, CorruptDocument, and whatever the stores throw. */
export async function readDelivery(
  deps: Pick<Deps, 'deliveryBodies'>,
  scope: Scope,
  source: DeliverySource,
  delivery: DeliveryDocument,
): Promise<ReadDelivery> {
  if (source.failure !== undefined) throw source.failure;
  if (source.integration === undefined) return { kind: 'ignored', reason: 'The integration was removed.' };
  if (!source.integration.enabled) return { kind: 'ignored', reason: 'The integration is disabled.' };
  const { adapter, settings } = adapterOf(source);
  if (adapter.readDelivery === undefined) {
    return { kind: 'ignored', reason: `${adapter.label} takes no webhooks.` };
  }
  const { contentType, headers } = delivery.request;
  const payload = deliveryPayload(contentType, await readDeliveryBody(deps, scope, delivery));
  if (!payload.ok) return { kind: 'refused', reason: `The body ${payload.why}.` };
  return adapter.readDelivery(settings, { payload: payload.value, headers });
}

/** Lists filter by so many; what a delivery of more records is about, only its body tells. */
export const mostKeys = 100;

/** The records that a delivery is about. */
export function recordKeys(reading: ReadDelivery): string[] {
  if (reading.kind !== 'hints') return [];
  const keys = reading.hints.flatMap((hint) => {
    if (hint.kind === 'object') return [];
    return [recordKeyOf(hint.object, hint.kind === 'change' ? hint.change.externalId : hint.externalId)];
  });
  return [...new Set(keys)].slice(0, mostKeys);
}
