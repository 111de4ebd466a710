import type { OutgoingEnvelope } from '../../core/outgoing/envelope.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** Sends the message that has a dispatch sent. One more than needed does no harm: the dispatch's lease lets one worker through. */
export async function sendDispatchMessage(
  deps: Pick<Deps, 'outgoingQueue'>,
  scope: Scope,
  dispatchId: string,
  delayMs = 0,
): Promise<void> {
  await sendDispatchesMessage(deps, scope, [dispatchId], delayMs);
}

/** The same for several at once, at most `mostInMessage`. */
export async function sendDispatchesMessage(
  deps: Pick<Deps, 'outgoingQueue'>,
  { tenantId, traceparent }: Scope,
  dispatchIds: readonly string[],
  delayMs = 0,
): Promise<void> {
  const envelope: OutgoingEnvelope = { kind: 'send-dispatches', tenantId, traceparent, dispatchIds: [...dispatchIds] };
  await deps.outgoingQueue.send(envelope, Math.max(0, delayMs));
}

/** Sends the message that goes on with a replay. */
export async function sendReplayMessage(
  deps: Pick<Deps, 'outgoingQueue'>,
  { tenantId, traceparent }: Scope,
  replayId: string,
): Promise<void> {
  await deps.outgoingQueue.send({ kind: 'replay-events', tenantId, traceparent, replayId });
}
