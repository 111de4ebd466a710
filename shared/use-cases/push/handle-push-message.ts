import { pushChangesEnvelope } from '../../core/envelope.ts';
import type { Deps } from '../../core/ports.ts';
import { workPushLane } from './work-push-lane.ts';

/**
 * Takes what queue `push-changes` delivered. What does not parse is put aside with the reason and an alert.
 *
 * Rejects when the message is to be delivered again.
 */
export async function handlePushMessage(deps: Deps, delivered: unknown): Promise<void> {
  const parsed = pushChangesEnvelope.safeParse(await deps.pushQueue.collect(delivered));
  if (parsed.success) return workPushLane(deps, parsed.data);
  const reason = parsed.error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`).join('; ');
  await deps.pushQueue.setAside(delivered, reason);
  deps.log.alert('a message of queue push-changes does not parse and was put aside', { reason });
}
