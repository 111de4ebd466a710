import type { DispatchDocument } from '../../core/documents/dispatch.ts';
import type { Deps, Filter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { sendDispatchMessage } from './send-outgoing.ts';

function waitingOfKey({ subscriptionId, orderKey }: DispatchDocument): Filter[] {
  return [
    { field: 'subscriptionId', is: 'equal', value: subscriptionId },
    { field: 'orderKey', is: 'equal', value: orderKey ?? '' },
    { field: 'state', is: 'equal', value: 'waiting' },
  ];
}

/** Whether nothing of a dispatch's order key waits before it, and nothing else of it is being sent. */
export async function isNextOfItsKey(
  deps: Pick<Deps, 'dispatches' | 'now'>,
  scope: Scope,
  dispatch: DispatchDocument,
): Promise<boolean> {
  if (dispatch.orderKey === undefined) return true;
  const filters = waitingOfKey(dispatch);
  const listing = { order: 'ascending', orderBy: 'position' } as const;
  const [first] = await deps.dispatches.list(scope, { ...listing, filters, limit: 1 });
  if (first?.document.id !== dispatch.id) return false;
  const held: Filter = { field: 'leaseUntil', is: 'at-least', value: deps.now().toISOString() };
  const sending = await deps.dispatches.list(scope, { ...listing, filters: [...filters, held], limit: 2 });
  return sending.every(({ document }) => document.id === dispatch.id);
}

/** Has the next one of an ended dispatch's order key sent, when it is due. */
export async function wakeNextOfKey(
  deps: Pick<Deps, 'dispatches' | 'outgoingQueue' | 'now'>,
  scope: Scope,
  dispatch: DispatchDocument,
): Promise<void> {
  if (dispatch.orderKey === undefined) return;
  const [next] = await deps.dispatches.list(scope, {
    filters: waitingOfKey(dispatch),
    order: 'ascending',
    orderBy: 'position',
    limit: 1,
  });
  if (next === undefined) return;
  const dueMs = Date.parse(next.document.nextAttemptAt ?? next.document.createdAt);
  await sendDispatchMessage(deps, scope, next.document.id, dueMs - deps.now().getTime());
}
