import type { DispatchDocument } from '../../core/documents/dispatch.ts';
import type { DispatchesDueDocument } from '../../core/documents/due.ts';
import { later } from '../../core/later.ts';
import { isHeld, waitingFor } from '../../core/outgoing/advance-dispatch.ts';
import type { Deps, Filter, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { forgetSubscription } from './delete-subscription.ts';
import { tellDisabled } from './disable-subscription.ts';
import { isNextOfItsKey } from './keep-order.ts';
import { sendDispatchMessage, sendReplayMessage } from './send-outgoing.ts';

const pageSize = 100;
/** One look sends so many messages anew; the next one goes on. */
const mostSent = 500;
const mostPages = 50;

/**
 * One look of the clock at what waits for a subscription: what is long overdue has lost its message, or whoever sent it, and gets another one.
 * The entry stays while something waits, and for one look more: whoever has just touched it may be about to make something wait. Two looks at once, or
 * one after a crash, do no harm.
 */
export async function sweepDispatches(deps: Deps, scope: Scope, entry: Stored<DispatchesDueDocument>): Promise<void> {
  const { subscriptionId } = entry.document;
  const subscription = await deps.subscriptions.get(scope, { id: subscriptionId });
  if (subscription !== undefined) await tellDisabled(deps, scope, subscription);
  await sendOverdue(deps, scope, subscriptionId);
  const isReplayed = await goOnWithReplays(deps, scope, subscriptionId);
  const { idle: wasIdle, ...document } = entry.document;
  const isIdle = !isReplayed && !(await isWaiting(deps, scope, subscriptionId));
  if (isIdle && wasIdle === true) {
    if (subscription === undefined) await forgetSubscription(deps, scope, subscriptionId);
    return deps.due.remove(entry.document, entry.etag);
  }
  const next = isIdle ? { ...document, idle: true as const } : document;
  await deps.due.reschedule(
    { document: next, etag: entry.etag },
    later(deps.now(), deps.outgoing.sweepMs).toISOString(),
  );
}

/** In the order in which they are to be delivered; of those that keep an order only the first, since each wakes the next. */
async function sendOverdue(deps: Deps, scope: Scope, subscriptionId: string): Promise<void> {
  const before = later(deps.now(), -deps.outgoing.sweepMs).toISOString();
  const overdue: Filter = { field: 'nextAttemptAt', is: 'below', value: before };
  const keys = new Set<string>();
  let sent = 0;
  let afterId: string | undefined;
  for (let page = 0; page < mostPages && sent < mostSent; page += 1) {
    const found = await deps.dispatches.list(scope, {
      filters: [...waitingFilters(subscriptionId), overdue],
      order: 'ascending',
      orderBy: 'position',
      limit: pageSize,
      ...(afterId === undefined ? {} : { afterId }),
    });
    for (const stored of found) {
      const { orderKey } = stored.document;
      if (orderKey !== undefined && keys.has(orderKey)) continue;
      if (orderKey !== undefined) keys.add(orderKey);
      if (await sendAgain(deps, scope, stored)) sent += 1;
    }
    if (found.length < pageSize) break;
    afterId = found.at(-1)?.document.position;
  }
  if (sent > 0) deps.log.warn('dispatches had lost their messages', { tenantId: scope.tenantId, subscriptionId, sent });
}

/** Due anew, so that the next look leaves it to this message. What waits for an earlier one of its key has lost nothing. */
async function sendAgain(deps: Deps, scope: Scope, { document, etag }: Stored<DispatchDocument>): Promise<boolean> {
  if (isHeld(document, deps.now()) || !(await isNextOfItsKey(deps, scope, document))) return false;
  const again = waitingFor(document, deps.now(), 0, document.problem);
  if (!(await deps.dispatches.write(scope, { kind: 'replace', document: again, etag })).ok) return false;
  await sendDispatchMessage(deps, scope, document.id);
  return true;
}

async function isWaiting(deps: Deps, scope: Scope, subscriptionId: string): Promise<boolean> {
  const filters = waitingFilters(subscriptionId);
  return (await deps.dispatches.list(scope, { filters, order: 'ascending', limit: 1 })).length > 0;
}

function waitingFilters(subscriptionId: string): Filter[] {
  return [
    { field: 'subscriptionId', is: 'equal', value: subscriptionId },
    { field: 'state', is: 'equal', value: 'waiting' },
  ];
}

/** Whether a replay runs. One that has not moved for a while gets its message again. */
async function goOnWithReplays(deps: Deps, scope: Scope, subscriptionId: string): Promise<boolean> {
  const running = await deps.eventReplays.list(scope, {
    filters: [
      { field: 'subscriptionId', is: 'equal', value: subscriptionId },
      { field: 'state', is: 'equal', value: 'running' },
    ],
    order: 'ascending',
    limit: pageSize,
  });
  const before = deps.now().getTime() - deps.outgoing.sweepMs;
  for (const { document } of running) {
    if (Date.parse(document.updatedAt) <= before) await sendReplayMessage(deps, scope, document.id);
  }
  return running.length > 0;
}
