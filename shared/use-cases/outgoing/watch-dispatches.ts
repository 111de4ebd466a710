import type { DispatchesDueDocument } from '../../core/documents/due.ts';
import { dueKey } from '../../core/due.ts';
import { later } from '../../core/later.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/**
 * Has the clock look after what waits for a subscription; to be called before something is made to wait. An entry that is there keeps its
 * instant, so that what comes without end does not put the look off, but becomes another version that is not idle, so that looks that find nothing
 * waiting, just before or just after, do not remove it.
 */
export async function watchDispatches(
  deps: Pick<Deps, 'due' | 'outgoing' | 'now'>,
  { tenantId }: Pick<Scope, 'tenantId'>,
  subscriptionId: string,
): Promise<void> {
  const key = dueKey('dispatches', tenantId, subscriptionId);
  for (;;) {
    const entry = await deps.due.get(key);
    const dueAt = entry?.document.dueAt ?? later(deps.now(), deps.outgoing.sweepMs).toISOString();
    const document: DispatchesDueDocument = {
      ...key,
      schemaVersion: 1,
      kind: 'dispatches',
      tenantId,
      subscriptionId,
      dueAt,
    };
    if (entry === undefined) return deps.due.put(document);
    if ((await deps.due.reschedule({ document, etag: entry.etag }, dueAt)) === 'moved') return;
  }
}
