import { jobEnvelope } from '../core/envelope.ts';
import type { Deps } from '../core/ports.ts';
import { systemScope } from '../core/scope.ts';
import { carryOutErasure } from './erasures/carry-out-erasure.ts';
import { carryOutHold } from './holds/carry-out-hold.ts';

/**
 * Takes what queue `jobs` delivered. What does not parse is put aside with the reason and an alert: delivering it again would not help.
 *
 * Rejects when the message is to be delivered again.
 */
export async function handleJobMessage(deps: Deps, delivered: unknown): Promise<void> {
  const parsed = jobEnvelope.safeParse(await deps.jobQueue.collect(delivered));
  if (parsed.success) {
    const { tenantId, traceparent } = parsed.data;
    const scope = systemScope(tenantId, 'jobs', traceparent);
    if (parsed.data.kind === 'erasure') return carryOutErasure(deps, scope, parsed.data.erasureId);
    return carryOutHold(deps, scope, parsed.data.holdId);
  }
  const reason = parsed.error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`).join('; ');
  await deps.jobQueue.setAside(delivered, reason);
  deps.log.alert('a message of queue jobs does not parse and was put aside', { reason });
}
