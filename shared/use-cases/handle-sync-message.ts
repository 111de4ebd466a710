import { syncPagesEnvelope } from '../core/envelope.ts';
import { type WorkerDeps, workOnSlice } from './work-on-slice.ts';

/**
 * Takes what queue `sync-pages` delivered. What does not parse is put aside with the reason and an alert: delivering it again would not help.
 *
 * Rejects when the message is to be delivered again.
 */
export async function handleSyncMessage(deps: WorkerDeps, delivered: unknown): Promise<void> {
  const parsed = syncPagesEnvelope.safeParse(await deps.syncQueue.collect(delivered));
  if (parsed.success) return workOnSlice(deps, parsed.data);
  const reason = parsed.error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`).join('; ');
  await deps.syncQueue.setAside(delivered, reason);
  deps.log.alert('a message of queue sync-pages does not parse and was put aside', { reason });
}
