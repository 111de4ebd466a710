import type { getDelivery as route } from '../../contracts/deliveries.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeDeliveryDetails } from '../../core/webhooks/describe-delivery.ts';
import { readDeliveryBody } from '../webhooks/delivery-bytes.ts';
import { findDelivery } from './find-delivery.ts';

/** One delivery with its body. Throws `not-found`. */
export async function getDelivery(
  deps: Pick<Deps, 'deliveries' | 'deliveryBodies'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findDelivery(deps, scope, params.deliveryId);
  return { body: describeDeliveryDetails(document, await readDeliveryBody(deps, scope, document)) };
}
