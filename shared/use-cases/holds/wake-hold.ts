import { dueKey } from '../../core/due.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

type Needs = Pick<Deps, 'due' | 'jobQueue' | 'now' | 'engine'>;

/** Has the clock look after what was decided about a hold, from before the decision is written until it has been carried out. */
export async function watchHold(
  deps: Pick<Needs, 'due' | 'now' | 'engine'>,
  scope: Scope,
  holdId: string,
): Promise<void> {
  await deps.due.put({
    ...dueKey('hold', scope.tenantId, holdId),
    schemaVersion: 1,
    kind: 'hold',
    tenantId: scope.tenantId,
    holdId,
    dueAt: new Date(deps.now().getTime() + deps.engine.leaseMs + deps.engine.watchMs).toISOString(),
  });
}

/** Has what was decided about a hold carried out now. One message more than needed does no harm. */
export async function wakeHold(deps: Needs, scope: Scope, holdId: string): Promise<void> {
  await watchHold(deps, scope, holdId);
  await deps.jobQueue.send({ kind: 'hold', tenantId: scope.tenantId, traceparent: scope.traceparent, holdId });
}
