import type { DispatchDocument } from '../../core/documents/dispatch.ts';
import { mostInMessage } from '../../core/outgoing/envelope.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { sendDispatchesMessage } from './send-outgoing.ts';
import { watchDispatches } from './watch-dispatches.ts';

/**
 * Creates dispatches and has them sent: first the clock's entry, then the documents, then the messages, so that after a crash at any point the
 * clock finds what waits. Of those that keep an order, only the first gets a message: each wakes the next. Repeatable.
 */
export async function openDispatches(
  deps: Pick<Deps, 'dispatches' | 'due' | 'outgoingQueue' | 'outgoing' | 'now' | 'log'>,
  scope: Scope,
  dispatches: readonly DispatchDocument[],
): Promise<void> {
  if (dispatches.length === 0) return;
  for (const subscriptionId of new Set(dispatches.map((each) => each.subscriptionId))) {
    await watchDispatches(deps, scope, subscriptionId);
  }
  const results = await deps.dispatches.writeMany(
    scope,
    dispatches.map((document) => ({ kind: 'create', document })),
  );
  const fresh = firstOfEachKey(dispatches.filter((_, index) => results[index]?.ok === true));
  // Those of one subscription travel together: a slow receiver keeps fewer workers busy, and holds up only its own.
  for (const ofOne of Map.groupBy(fresh, ({ subscriptionId }) => subscriptionId).values()) {
    for (let first = 0; first < ofOne.length; first += mostInMessage) {
      const group = ofOne.slice(first, first + mostInMessage);
      await sendOrLeave(
        deps,
        scope,
        group.map(({ id }) => id),
      );
    }
  }
}

/** What keeps no order, and the first of each order key, by `position`. */
function firstOfEachKey(dispatches: readonly DispatchDocument[]): DispatchDocument[] {
  const seen = new Set<string>();
  return dispatches
    .toSorted((one, other) => (one.position < other.position ? -1 : 1))
    .filter(({ subscriptionId, orderKey }) => {
      if (orderKey === undefined) return true;
      const key = `${subscriptionId} ${orderKey}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}

/** A message that can't be sent is sent by the clock, later. */
async function sendOrLeave(
  deps: Pick<Deps, 'outgoingQueue' | 'log'>,
  scope: Scope,
  dispatchIds: readonly string[],
): Promise<void> {
  try {
    await sendDispatchesMessage(deps, scope, dispatchIds);
  } catch (error) {
    deps.log.warn('a message of dispatches could not be sent', { tenantId: scope.tenantId, dispatchIds, error });
  }
}
