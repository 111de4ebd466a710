import type {
  cancelEventReplay,
  replayDispatch as oneRoute,
  replayEvents as rangeRoute,
} from '../../contracts/dispatches.ts';
import { AppError } from '../../core/app-error.ts';
import { describeDispatch, describeEventReplay } from '../../core/describe-subscription.ts';
import type { DispatchDocument, EventReplayDocument } from '../../core/documents/dispatch.ts';
import { composeId } from '../../core/ids.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { changeDocument, createDocument } from '../change-document.ts';
import { recordAudit } from '../record-audit.ts';
import { findSubscription } from './find-subscription.ts';
import { sendDispatchMessage, sendReplayMessage } from './send-outgoing.ts';
import { findDispatch, findReplay } from './show-dispatches.ts';
import { watchDispatches } from './watch-dispatches.ts';

/** Sends the event of a dispatch again, as a dispatch of its own. Throws `not-found`, `wrong-state` for a disabled subscription. */
export async function replayDispatch(
  deps: Deps,
  scope: Scope,
  { params, attempt }: InputOf<typeof oneRoute>,
): Promise<OutputOf<typeof oneRoute>> {
  const { document: original } = await findDispatch(deps, scope, params);
  await requireEnabled(deps, scope, params.subscriptionId);
  const id = deps.newId('dispatch');
  const at = attempt.at.toISOString();
  const { orderKey } = original;
  const again: DispatchDocument = {
    id,
    tenantId: scope.tenantId,
    kind: 'dispatch',
    schemaVersion: 1,
    subscriptionId: original.subscriptionId,
    eventId: original.eventId,
    eventType: original.eventType,
    subject: original.subject,
    body: original.body,
    ...(orderKey === undefined ? {} : { orderKey }),
    position: `${original.eventId} ${id}`,
    state: 'waiting',
    test: original.test,
    replayOf: original.id,
    attemptCount: 0,
    attempts: [],
    nextAttemptAt: at,
    createdAt: at,
    traceparent: scope.traceparent,
  };
  await watchDispatches(deps, scope, original.subscriptionId);
  const { document } = await createDocument(deps.dispatches, scope, again, attempt.repeated);
  await sendDispatchMessage(deps, scope, document.id);
  await recordAudit(deps, scope, { action: 'dispatch.replayed', subject: original.id, detail: document.id });
  return { body: describeDispatch(document) };
}

/** Has the events of a time range sent again. Throws `not-found`, `wrong-state`, `invalid-request` naming `/until`. */
export async function replayEvents(
  deps: Deps,
  scope: Scope,
  { params, body, attempt }: InputOf<typeof rangeRoute>,
): Promise<OutputOf<typeof rangeRoute>> {
  const at = attempt.at.toISOString();
  const sinceMs = Date.parse(body.since);
  const until = new Date(body.until ?? at).toISOString();
  if (Date.parse(until) < sinceMs) {
    throw new AppError('invalid-request', {
      errors: [{ in: 'body', field: '/until', message: 'must not be before `since`' }],
    });
  }
  await requireEnabled(deps, scope, params.subscriptionId);
  const replay: EventReplayDocument = {
    id: deps.newId('eventReplay'),
    tenantId: scope.tenantId,
    kind: 'event-replay',
    schemaVersion: 1,
    subscriptionId: params.subscriptionId,
    state: 'running',
    since: new Date(sinceMs).toISOString(),
    until,
    only: body.only,
    ...(body.type === undefined ? {} : { type: body.type }),
    afterEventId: composeId('event', Math.max(0, sinceMs - 1), new Uint8Array(10).fill(0xff)),
    examined: 0,
    dispatched: 0,
    createdAt: at,
    updatedAt: at,
  };
  await watchDispatches(deps, scope, params.subscriptionId);
  const { document } = await createDocument(deps.eventReplays, scope, replay, attempt.repeated);
  await sendReplayMessage(deps, scope, document.id);
  const detail = `${document.since} to ${document.until}`;
  await recordAudit(deps, scope, { action: 'events.replayed', subject: params.subscriptionId, detail });
  return { body: describeEventReplay(document) };
}

/** Throws `not-found`, `wrong-state` when it has ended otherwise. */
export async function cancelReplay(
  deps: Pick<Deps, 'eventReplays' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { params, attempt }: InputOf<typeof cancelEventReplay>,
): Promise<OutputOf<typeof cancelEventReplay>> {
  const { document } = await changeDocument(deps.eventReplays, scope, {
    find: () => findReplay(deps, scope, params),
    change: (current): EventReplayDocument => {
      if (current.state === 'cancelled') return current;
      if (current.state === 'done') throw new AppError('wrong-state', { detail: 'The replay has ended already.' });
      return { ...current, state: 'cancelled', updatedAt: attempt.at.toISOString() };
    },
  });
  await recordAudit(deps, scope, { action: 'event-replay.cancelled', subject: document.id });
  return { body: describeEventReplay(document) };
}

async function requireEnabled(deps: Pick<Deps, 'subscriptions'>, scope: Scope, subscriptionId: string): Promise<void> {
  const { document } = await findSubscription(deps, scope, subscriptionId);
  if (!document.enabled)
    throw new AppError('wrong-state', { detail: 'The subscription is disabled: enable it first.' });
}
