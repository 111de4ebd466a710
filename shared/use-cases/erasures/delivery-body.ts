import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** The Blob that a stored delivery keeps its body in, where it does. */
export function blobOf({ body }: JsonObject): string | undefined {
  return isJsonObject(body) && body['kind'] === 'blob' ? String(body['name']) : undefined;
}

/** The body of a stored delivery; `undefined` where its Blob is gone. */
export async function bytesOfBody(
  deps: Pick<Deps, 'deliveryBodies'>,
  scope: Scope,
  delivery: JsonObject,
): Promise<Buffer | undefined> {
  const blob = blobOf(delivery);
  if (blob !== undefined) {
    if (!(await deps.deliveryBodies.has(scope, blob))) return undefined;
    return Buffer.from(await deps.deliveryBodies.get(scope, blob));
  }
  const { body } = delivery;
  if (!isJsonObject(body) || typeof body['content'] !== 'string') return Buffer.alloc(0);
  return Buffer.from(body['content'], body['encoding'] === 'base64' ? 'base64' : 'utf8');
}
