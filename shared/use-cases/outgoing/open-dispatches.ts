import type { DispatchDocument } from '../../core/documents/dispatch.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { sendDispatchMessage } from './send-outgoing.ts';
import { watchDispatches } from './watch-dispatches.ts';

const messagesAtOnce = 16;

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
  for (let first = 0; first < fresh.length; first += messagesAtOnce) {
    const group = fresh.slice(first, first + messagesAtOnce);
    await Promise.all(group.map(({ id }) => sendOrLeave(deps, scope, id)));
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
async function sendOrLeave(deps: Pick<Deps, 'outgoingQueue' | 'log'>, scope: Scope, dispatchId: string): Promise<void> {
  try {
    await sendDispatchMessage(deps, scope, dispatchId);
  } catch (error) {
    deps.log.warn('the message of a dispatch could not be sent', { tenantId: scope.tenantId, dispatchId, error });
  }
}
