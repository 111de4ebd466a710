import type { z } from 'zod';
import type { getSubscription, listSubscriptions as listRoute, subscription } from '../../contracts/subscriptions.ts';
import { describeSubscription } from '../../core/describe-subscription.ts';
import { endpointIdOf, type SubscriptionDocument } from '../../core/documents/subscription.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { listPage } from '../list-page.ts';
import { findSubscription } from './find-subscription.ts';

/** A subscription with how its receiver does. */
export async function showSubscription(
  deps: Pick<Deps, 'endpoints' | 'now'>,
  scope: Scope,
  document: SubscriptionDocument,
): Promise<z.infer<typeof subscription>> {
  const endpoint = await deps.endpoints.get(scope, { id: endpointIdOf(document.id) });
  return describeSubscription(document, endpoint?.document, deps.now());
}

/** One subscription. Throws `not-found`. */
export async function getOneSubscription(
  deps: Pick<Deps, 'subscriptions' | 'endpoints' | 'now'>,
  scope: Scope,
  { params }: InputOf<typeof getSubscription>,
): Promise<OutputOf<typeof getSubscription>> {
  const { document, etag } = await findSubscription(deps, scope, params.subscriptionId);
  return { body: await showSubscription(deps, scope, document), etag };
}

/** The tenant's subscriptions, newest first. */
export async function listSubscriptions(
  deps: Pick<Deps, 'subscriptions' | 'endpoints' | 'now'>,
  scope: Scope,
  { query }: InputOf<typeof listRoute>,
): Promise<OutputOf<typeof listRoute>> {
  const page = await listPage({
    list: 'subscriptions',
    asked: {},
    page: query,
    read: (range) => deps.subscriptions.list(scope, { filters: [], order: 'descending', ...range }),
    describe: (document) => document,
  });
  const keys = page.items.map(({ id }) => ({ id: endpointIdOf(id) }));
  const endpoints = await deps.endpoints.getMany(scope, keys);
  const items = page.items.map((document, index) =>
    describeSubscription(document, endpoints[index]?.document, deps.now()),
  );
  return { body: { ...page, items } };
}
