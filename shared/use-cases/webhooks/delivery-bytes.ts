import type { DeliveryDocument } from '../../core/documents/delivery.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { blobBody, inlineBody, inlineBytes } from '../../core/webhooks/delivery-body.ts';

/** Keeps the raw body of a delivery: in its document, or in a Blob when it is large. */
export async function storeDeliveryBody(
  deps: Pick<Deps, 'deliveryBodies'>,
  scope: Scope,
  bytes: Uint8Array,
): Promise<DeliveryDocument['body']> {
  return inlineBody(bytes) ?? blobBody(bytes, await deps.deliveryBodies.put(scope, bytes));
}

/** The raw body of a delivery, byte for byte as it arrived. Throws when its Blob is gone. */
export async function readDeliveryBody(
  deps: Pick<Deps, 'deliveryBodies'>,
  scope: Scope,
  { id, body }: Pick<DeliveryDocument, 'id' | 'body'>,
): Promise<Uint8Array> {
  const bytes = body.kind === 'inline' ? inlineBytes(body) : await deps.deliveryBodies.get(scope, body.name);
  if (bytes.byteLength !== body.bytes) {
    throw new Error(`The body of ${id} has ${bytes.byteLength} bytes, not ${body.bytes}`);
  }
  return bytes;
}
