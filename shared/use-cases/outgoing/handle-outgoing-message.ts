import { outgoingEnvelope } from '../../core/outgoing/envelope.ts';
import type { Deps } from '../../core/ports.ts';
import { systemScope } from '../../core/scope.ts';
import { workOnDispatch } from './work-on-dispatch.ts';
import { workOnReplay } from './work-on-replay.ts';

/**
 * Takes what queue `deliver-webhooks` delivered. What does not parse is put aside with the reason and an alert: delivering it again would not help.
 *
 * Rejects when the message is to be delivered again.
 */
export async function handleOutgoingMessage(deps: Deps, delivered: unknown): Promise<void> {
  const parsed = outgoingEnvelope.safeParse(await deps.outgoingQueue.collect(delivered));
  if (!parsed.success) {
    const reason = parsed.error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`).join('; ');
    await deps.outgoingQueue.setAside(delivered, reason);
    deps.log.alert('a message of queue deliver-webhooks does not parse and was put aside', { reason });
    return;
  }
  const { tenantId, traceparent } = parsed.data;
  const scope = systemScope(tenantId, 'deliver-webhooks', traceparent);
  if (parsed.data.kind === 'replay-events') return workOnReplay(deps, scope, parsed.data.replayId);
  const turns = await Promise.allSettled(parsed.data.dispatchIds.map((id) => workOnDispatch(deps, scope, id)));
  // Delivered again, the message finds those done that were.
  for (const turn of turns) if (turn.status === 'rejected') throw turn.reason;
}
