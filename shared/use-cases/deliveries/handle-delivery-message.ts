import { deliveriesEnvelope } from '../../core/envelope.ts';
import type { Deps } from '../../core/ports.ts';
import { systemScope } from '../../core/scope.ts';
import { continueReplay } from '../replays/continue-replay.ts';
import { processDeliveries } from './process-deliveries.ts';

/**
 * Takes what queue `deliveries` delivered. What does not parse is put aside with the reason and an alert: delivering it again would not help.
 *
 * Rejects when the message is to be delivered again.
 */
export async function handleDeliveryMessage(deps: Deps, delivered: unknown): Promise<void> {
  const parsed = deliveriesEnvelope.safeParse(await deps.deliveryQueue.collect(delivered));
  if (!parsed.success) {
    const reason = parsed.error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`).join('; ');
    await deps.deliveryQueue.setAside(delivered, reason);
    deps.log.alert('a message of queue deliveries does not parse and was put aside', { reason });
    return;
  }
  const { data: message } = parsed;
  const scope = systemScope(message.tenantId, 'webhook-processor', message.traceparent);
  if (message.kind === 'replay-deliveries') return continueReplay(deps, scope, message.replayId);
  await processDeliveries(deps, scope, message.deliveryIds);
}
