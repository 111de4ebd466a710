import type { EventReplayDocument } from '../../core/documents/dispatch.ts';
import type { EventDocument } from '../../core/documents/event.ts';
import type { SubscriptionDocument } from '../../core/documents/subscription.ts';
import { fitsAny, fitsPattern } from '../../core/outgoing/match-event.ts';
import { dispatchIdOf, newDispatch } from '../../core/outgoing/new-dispatch.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { openDispatches } from './open-dispatches.ts';
import { sendReplayMessage } from './send-outgoing.ts';

const pageSize = 100;
const pagesPerMessage = 5;

/**
 * Goes on with a replay for some pages of events, then by another message. Each page makes its dispatches before the replay moves on, under ids of
 * the replay, so that a page that is repeated after a crash finds them there. Who moved it meanwhile, or cancelled it, goes on instead.
 */
export async function workOnReplay(deps: Deps, scope: Scope, replayId: string): Promise<void> {
  for (let page = 0; page < pagesPerMessage; page += 1) {
    const stored = await deps.eventReplays.get(scope, { id: replayId });
    if (stored?.document.state !== 'running') return;
    const document = await replayPage(deps, scope, stored.document);
    const result = await deps.eventReplays.write(scope, { kind: 'replace', document, etag: stored.etag });
    if (!result.ok || document.state !== 'running') return;
  }
  await sendReplayMessage(deps, scope, replayId);
}

async function replayPage(deps: Deps, scope: Scope, replay: EventReplayDocument): Promise<EventReplayDocument> {
  const updatedAt = deps.now().toISOString();
  const subscription = (await deps.subscriptions.get(scope, { id: replay.subscriptionId }))?.document;
  if (subscription?.enabled !== true) return { ...replay, state: 'cancelled', updatedAt };
  const found = await deps.events.list(scope, {
    filters: [],
    order: 'ascending',
    afterId: replay.afterEventId,
    limit: pageSize,
  });
  const untilMs = Date.parse(replay.until);
  const inRange = found.map(({ document }) => document).filter(({ at }) => Date.parse(at) <= untilMs);
  const chosen = await choose(deps, scope, replay, subscription, inRange);
  const source = { replayId: replay.id, at: replay.createdAt };
  const dispatches = chosen.map((event) =>
    newDispatch(subscription, event, { now: deps.now(), firstAfterMs: 0, replay: source }),
  );
  await openDispatches(deps, scope, dispatches);
  const isDone = found.length < pageSize || inRange.length < found.length;
  return {
    ...replay,
    state: isDone ? 'done' : 'running',
    afterEventId: inRange.at(-1)?.id ?? replay.afterEventId,
    examined: replay.examined + inRange.length,
    dispatched: replay.dispatched + dispatches.length,
    updatedAt,
  };
}

/** Those that the subscription wants; unless all are asked for, without those whose first dispatch arrived or is still on its way. */
async function choose(
  deps: Deps,
  scope: Scope,
  { only, type }: EventReplayDocument,
  subscription: SubscriptionDocument,
  events: readonly EventDocument[],
): Promise<EventDocument[]> {
  const wanted = events.filter(
    (event) => fitsAny(subscription.events, event) && (type === undefined || fitsPattern(type, event.type)),
  );
  if (only === 'all') return wanted;
  const keys = wanted.map((event) => ({ id: dispatchIdOf(subscription, event) }));
  const first = await deps.dispatches.getMany(scope, keys);
  return wanted.filter((_, index) => {
    const state = first[index]?.document.state;
    return state === undefined || state === 'dead';
  });
}
