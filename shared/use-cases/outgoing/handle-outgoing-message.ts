import { outgoingEnvelope } from '../../core/outgoing/envelope.ts';
import type { Deps } from '../../core/ports.ts';
import { type Scope, systemScope } from '../../core/scope.ts';
import { isSlowReceiver } from './note-endpoint.ts';
import { workOnDispatch } from './work-on-dispatch.ts';
import { workOnReplay } from './work-on-replay.ts';

/** Receivers that are slow have a queue of their own: as many as work on it are held up by them, and no others. */
type Lane = 'usual' | 'slow';

/**
 * Takes what queue `deliver-webhooks` or `deliver-slow-webhooks` delivered. What does not parse is put aside with the reason and an alert: delivering it
 * again would not help.
 *
 * Rejects when the message is to be delivered again.
 */
export async function handleOutgoingMessage(deps: Deps, delivered: unknown, lane: Lane = 'usual'): Promise<void> {
  const queue = lane === 'slow' ? deps.slowOutgoingQueue : deps.outgoingQueue;
  const parsed = outgoingEnvelope.safeParse(await queue.collect(delivered));
  if (!parsed.success) {
    const reason = parsed.error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`).join('; ');
    await queue.setAside(delivered, reason);
    deps.log.alert('a message of outgoing webhooks does not parse and was put aside', { lane, reason });
    return;
  }
  const { tenantId, traceparent } = parsed.data;
  const scope = systemScope(tenantId, 'deliver-webhooks', traceparent);
  if (parsed.data.kind === 'replay-events') return workOnReplay(deps, scope, parsed.data.replayId);
  const { dispatchIds } = parsed.data;
  if (lane === 'usual' && (await goesToSlow(deps, scope, dispatchIds))) return deps.slowOutgoingQueue.send(parsed.data);
  const turns = await Promise.allSettled(dispatchIds.map((id) => workOnDispatch(deps, scope, id)));
  // Delivered again, the message finds those done that were.
  for (const turn of turns) if (turn.status === 'rejected') throw turn.reason;
}

/** All of a message are of one subscription. */
async function goesToSlow(deps: Deps, scope: Scope, dispatchIds: readonly string[]): Promise<boolean> {
  const [id] = dispatchIds;
  const dispatch = id === undefined ? undefined : (await deps.dispatches.get(scope, { id }))?.document;
  return dispatch?.state === 'waiting' && (await isSlowReceiver(deps, scope, dispatch.subscriptionId));
}
