import type { getDispatch, getEventReplay, listDispatches as listRoute } from '../../contracts/dispatches.ts';
import { AppError } from '../../core/app-error.ts';
import { describeDispatch, describeEventReplay } from '../../core/describe-subscription.ts';
import type { DispatchDocument, EventReplayDocument } from '../../core/documents/dispatch.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { equalFilters, listPage } from '../list-page.ts';
import { findSubscription } from './find-subscription.ts';

/** What was sent to a subscription, newest first. Throws `not-found`. */
export async function listDispatches(
  deps: Pick<Deps, 'subscriptions' | 'dispatches'>,
  scope: Scope,
  { params, query }: InputOf<typeof listRoute>,
): Promise<OutputOf<typeof listRoute>> {
  await findSubscription(deps, scope, params.subscriptionId);
  const { state, eventId, eventType, replayId } = query;
  const filters = equalFilters({ subscriptionId: params.subscriptionId, state, eventId, eventType, replayId });
  const body = await listPage({
    list: 'dispatches',
    asked: Object.fromEntries(filters.map(({ field, value }) => [field, value])),
    page: query,
    read: (range) => deps.dispatches.list(scope, { filters, order: 'descending', ...range }),
    describe: describeDispatch,
  });
  return { body };
}

/** One dispatch, with what is sent. Throws `not-found`. */
export async function getOneDispatch(
  deps: Pick<Deps, 'dispatches'>,
  scope: Scope,
  { params }: InputOf<typeof getDispatch>,
): Promise<OutputOf<typeof getDispatch>> {
  const { document } = await findDispatch(deps, scope, params);
  return { body: { ...describeDispatch(document), body: document.body } };
}

/** How far a replay is. Throws `not-found`. */
export async function getReplay(
  deps: Pick<Deps, 'eventReplays'>,
  scope: Scope,
  { params }: InputOf<typeof getEventReplay>,
): Promise<OutputOf<typeof getEventReplay>> {
  return { body: describeEventReplay((await findReplay(deps, scope, params)).document) };
}

/** A dispatch of that subscription. Throws `not-found`. */
export async function findDispatch(
  deps: Pick<Deps, 'dispatches'>,
  scope: Scope,
  { subscriptionId, dispatchId }: { readonly subscriptionId: string; readonly dispatchId: string },
): Promise<Stored<DispatchDocument>> {
  const stored = await deps.dispatches.get(scope, { id: dispatchId });
  if (stored?.document.subscriptionId !== subscriptionId) {
    throw new AppError('not-found', { detail: 'There is no such dispatch of this subscription.' });
  }
  return stored;
}

/** A replay of that subscription. Throws `not-found`. */
export async function findReplay(
  deps: Pick<Deps, 'eventReplays'>,
  scope: Scope,
  { subscriptionId, replayId }: { readonly subscriptionId: string; readonly replayId: string },
): Promise<Stored<EventReplayDocument>> {
  const stored = await deps.eventReplays.get(scope, { id: replayId });
  if (stored?.document.subscriptionId !== subscriptionId) {
    throw new AppError('not-found', { detail: 'There is no such replay of this subscription.' });
  }
  return stored;
}
