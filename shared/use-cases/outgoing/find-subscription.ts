import { AppError } from '../../core/app-error.ts';
import type { SubscriptionDocument } from '../../core/documents/subscription.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** How many subscriptions a tenant may have: each event is compared with all of them. */
export const mostSubscriptions = 50;

/** The tenant's subscription. Another tenant's id and no id at all are the same `not-found`. */
export async function findSubscription(
  deps: Pick<Deps, 'subscriptions'>,
  scope: Scope,
  id: string,
): Promise<Stored<SubscriptionDocument>> {
  const stored = await deps.subscriptions.get(scope, { id });
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such subscription.' });
  return stored;
}

/** All of a tenant's subscriptions. */
export async function allSubscriptions(
  deps: Pick<Deps, 'subscriptions'>,
  scope: Scope,
): Promise<SubscriptionDocument[]> {
  // Creations that crossed may have made a few more than there should be.
  const stored = await deps.subscriptions.list(scope, {
    filters: [],
    order: 'ascending',
    limit: 2 * mostSubscriptions,
  });
  return stored.map(({ document }) => document);
}
