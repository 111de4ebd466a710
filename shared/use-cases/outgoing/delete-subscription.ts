import type { deleteSubscription as route } from '../../contracts/subscriptions.ts';
import { AppError } from '../../core/app-error.ts';
import { endpointIdOf } from '../../core/documents/subscription.ts';
import { isMatch } from '../../core/etag.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { recordAudit } from '../record-audit.ts';
import { findSubscription } from './find-subscription.ts';
import { signingSecretName } from './post-dispatch.ts';
import { watchDispatches } from './watch-dispatches.ts';

/** Losing this many races in a row means that something writes without end. */
const maximumTries = 20;

/**
 * Removes a subscription, then its secrets and what is known of its receiver; should this process die, or an attempt be under way, the clock removes
 * what is left. What waits for it is given up when its turn comes. Throws `not-found`, `precondition-failed`.
 */
export async function deleteSubscription(
  deps: Pick<Deps, 'subscriptions' | 'endpoints' | 'secrets' | 'due' | 'outgoing' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  input: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { subscriptionId } = input.params;
  try {
    await removeSubscription(deps, scope, input);
  } catch (error) {
    if (!(input.attempt.repeated && error instanceof AppError && error.code === 'not-found')) throw error;
  }
  await forgetSubscription(deps, scope, subscriptionId);
  await recordAudit(deps, scope, { action: 'subscription.deleted', subject: subscriptionId });
  return { body: undefined };
}

/** Erases what is kept of a subscription that is no more. Repeatable. */
export async function forgetSubscription(
  deps: Pick<Deps, 'endpoints' | 'secrets'>,
  scope: Scope,
  subscriptionId: string,
): Promise<void> {
  await deps.secrets.erase(scope, signingSecretName(subscriptionId));
  await deps.endpoints.remove(scope, { id: endpointIdOf(subscriptionId) });
}

async function removeSubscription(
  deps: Pick<Deps, 'subscriptions' | 'due' | 'outgoing' | 'now'>,
  scope: Scope,
  { params, ifMatch }: InputOf<typeof route>,
): Promise<void> {
  for (let attempt = 0; attempt < maximumTries; attempt += 1) {
    const { document, etag } = await findSubscription(deps, scope, params.subscriptionId);
    if (!isMatch(ifMatch, etag)) throw new AppError('precondition-failed');
    await watchDispatches(deps, scope, document.id);
    if ((await deps.subscriptions.remove(scope, { id: document.id }, etag)) === 'removed') return;
  }
  throw new AppError('unavailable', { detail: 'It is being changed too often at the moment.' });
}
