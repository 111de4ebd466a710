import { AppError } from '../../core/app-error.ts';
import type { DeliveryDocument } from '../../core/documents/delivery.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** Throws AppError `not-found`. */
export async function findDelivery(
  deps: Pick<Deps, 'deliveries'>,
  scope: Scope,
  id: string,
): Promise<Stored<DeliveryDocument>> {
  const stored = await deps.deliveries.get(scope, { id });
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such delivery.' });
  return stored;
}
