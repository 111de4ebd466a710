import { dueKey } from '../../core/due.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** Has an erasure gone on with, now or later, and looked after by the clock until it is done. One message more than needed does no harm. */
export async function wakeErasure(
  deps: Pick<Deps, 'due' | 'jobQueue' | 'now' | 'engine'>,
  { tenantId, traceparent }: Scope,
  erasureId: string,
  delayMs = 0,
): Promise<void> {
  await deps.due.put({
    ...dueKey('erasure', tenantId, erasureId),
    schemaVersion: 1,
    kind: 'erasure',
    tenantId,
    erasureId,
    dueAt: new Date(deps.now().getTime() + delayMs + deps.engine.leaseMs + deps.engine.watchMs).toISOString(),
  });
  await deps.jobQueue.send({ kind: 'erasure', tenantId, traceparent, erasureId }, delayMs);
}
