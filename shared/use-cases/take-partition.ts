import { readsNothing } from '../core/bulk-run.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { LeaseDocument } from '../core/documents/lease.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { readPartitions } from './bulk-run.ts';
import { type Hold, releaseHold, takeHold } from './hold-task.ts';

interface Candidate {
  readonly partition: Stored<ExecutionDocument>;
  readonly lease: Stored<LeaseDocument>;
}

/**
 * Finds a partition for a worker: the one that it has, else one that no other worker of the same orchestration has.
 *
 * @param workerId the holder; workers of one orchestration have its id in front
 * @returns `undefined` when none is left for this worker
 */
export async function takePartition(
  deps: Pick<Deps, 'runs' | 'leases' | 'now' | 'engine'>,
  scope: Scope,
  run: ExecutionDocument,
  workerId: string,
): Promise<{ readonly partition: Stored<ExecutionDocument>; readonly hold: Hold } | undefined> {
  for (;;) {
    const candidates = await listCandidates(deps, scope, run);
    const own = candidates.find(({ lease }) => lease.document.holder === workerId);
    const free = own ?? candidates.find((each) => isFree(each, workerId, deps.now()));
    if (free === undefined) return undefined;
    const hold = await takeHold(deps, scope, free.lease, workerId);
    if (hold !== undefined) return { partition: free.partition, hold };
  }
}

/** Lets go of what a worker has of a run that was stopped: nobody is to wait for a page of it. */
export async function leavePartitions(
  deps: Pick<Deps, 'runs' | 'leases' | 'now' | 'engine'>,
  scope: Scope,
  run: ExecutionDocument,
  workerId: string,
): Promise<void> {
  for (const { lease } of await listCandidates(deps, scope, run))
    if (lease.document.holder === workerId) await releaseHold(deps, scope, { lease, fence: lease.document.fence });
}

async function listCandidates(
  deps: Pick<Deps, 'runs' | 'leases'>,
  scope: Scope,
  run: ExecutionDocument,
): Promise<Candidate[]> {
  const open = (await readPartitions(deps, scope, run)).filter(({ document }) => !isTerminal(document));
  // What is compared has to have been read.
  const left = open.length === 1 ? open : open.filter(({ document }) => !readsNothing(document));
  const leases = await deps.leases.getMany(
    scope,
    left.map(({ document }) => ({ id: document.id })),
  );
  return left.flatMap((partition, index) => {
    const lease = leases[index];
    return lease?.document.executionId === partition.document.id ? [{ partition, lease }] : [];
  });
}

/** Another orchestration's worker does not count: it has been replaced. One that waits with its partition comes back, also when its lease has ended. */
function isFree({ partition, lease }: Candidate, workerId: string, now: Date): boolean {
  const { holder, expiresAt } = lease.document;
  const orchestration = workerId.slice(0, workerId.lastIndexOf('.'));
  if (holder?.startsWith(`${orchestration}.`) !== true) return true;
  const { waitingUntil } = partition.document;
  return (
    Date.parse(expiresAt) <= now.getTime() && (waitingUntil === undefined || Date.parse(waitingUntil) < now.getTime())
  );
}
