import type { updateSubscription as route } from '../../contracts/subscriptions.ts';
import { endpointIdOf, type SubscriptionDocument } from '../../core/documents/subscription.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { changeDocument } from '../change-document.ts';
import { recordAudit } from '../record-audit.ts';
import { checkUrl } from './check-url.ts';
import { findSubscription } from './find-subscription.ts';
import { showSubscription } from './show-subscription.ts';

type Patch = InputOf<typeof route>['body'];

/**
 * Changes a subscription. One that is enabled again, or has another URL, begins without the failures of before; they are forgotten first, so that
 * none of them ends it again. Throws `not-found`, `precondition-failed`, `invalid-request` naming `/url`.
 */
export async function updateSubscription(
  deps: Pick<Deps, 'subscriptions' | 'endpoints' | 'webhookClient' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  if (body.url !== undefined) checkUrl(deps, body.url);
  const { document, etag } = await changeDocument(deps.subscriptions, scope, {
    find: () => findSubscription(deps, scope, params.subscriptionId),
    change: async (current, isMatch) => {
      const changed = patched(current, body, attempt.at.toISOString());
      const begins = (changed.enabled && !current.enabled) || changed.url !== current.url;
      if (begins && isMatch) await deps.endpoints.remove(scope, { id: endpointIdOf(current.id) });
      return changed;
    },
    ifMatch,
    repeated: attempt.repeated,
  });
  const detail = Object.keys(body).sort().join(', ');
  await recordAudit(deps, scope, { action: 'subscription.updated', subject: document.id, detail });
  return { body: await showSubscription(deps, scope, document), etag };
}

function patched(current: SubscriptionDocument, patch: Patch, at: string): SubscriptionDocument {
  const { description, orderBy, disabled, ...rest } = current;
  const enabled = patch.enabled ?? current.enabled;
  const byPerson = { reason: 'person' as const, at, detail: 'A person disabled it.', told: true };
  const stillDisabled = enabled ? undefined : current.enabled ? byPerson : disabled;
  const newDescription = patch.description === undefined ? description : (patch.description ?? undefined);
  const newOrderBy = patch.orderBy === undefined ? orderBy : (patch.orderBy ?? undefined);
  return {
    ...rest,
    ...(patch.url === undefined ? {} : { url: patch.url }),
    ...(patch.events === undefined ? {} : { events: patch.events }),
    ...(newDescription === undefined ? {} : { description: newDescription }),
    ...(newOrderBy === undefined ? {} : { orderBy: newOrderBy }),
    enabled,
    ...(stillDisabled === undefined ? {} : { disabled: stillDisabled }),
    ...(enabled && !current.enabled ? { activeSince: at } : {}),
    updatedAt: at,
  };
}
