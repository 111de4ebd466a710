import type { HoldDocument, HoldRejectionDocument } from '../../core/documents/hold.ts';
import { rejectionIdOf } from '../../core/documents/hold.ts';
import type { Deps, Filter, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** A task has one open hold a feed, unless something went wrong. */
const mostHolds = 1000;

/** The holds of a task that are open or being carried out, and would do the same to the same kind of records. */
export function listHoldsOf(
  deps: Pick<Deps, 'holds'>,
  scope: Scope,
  taskId: string,
  action: HoldDocument['action'],
): Promise<HoldDocument[]> {
  return listHoldsOfTask(deps, scope, taskId, ['open', 'approved'], likeThat(action));
}

/** The holds of the same kind of records that people have rejected, and that no complete read has done away with since. */
export function listRejectedHolds(
  deps: Pick<Deps, 'holds'>,
  scope: Scope,
  taskId: string,
  action: HoldDocument['action'],
): Promise<HoldDocument[]> {
  return listHoldsOfTask(deps, scope, taskId, ['rejected'], likeThat(action));
}

function likeThat({ kind, feed, shardTypeId }: HoldDocument['action']): Filter[] {
  return [
    { field: 'action.kind', is: 'equal', value: kind },
    { field: 'action.feed', is: 'equal', value: feed },
    { field: 'action.shardTypeId', is: 'equal', value: shardTypeId },
  ];
}

/** The holds of a task in some states, newest first. */
export async function listHoldsOfTask(
  deps: Pick<Deps, 'holds'>,
  scope: Scope,
  taskId: string,
  states: HoldDocument['state'][],
  filters: readonly Filter[] = [],
): Promise<HoldDocument[]> {
  const stored = await deps.holds.list(scope, {
    filters: [
      { field: 'state', is: 'one-of', values: states },
      { field: 'taskId', is: 'equal', value: taskId },
      ...filters,
    ],
    order: 'descending',
    limit: mostHolds,
  });
  return stored.map(({ document }) => document);
}

/** A person's word that just this is not to be done. */
export async function findRejection(
  deps: Pick<Deps, 'holdRejections'>,
  scope: Scope,
  signature: string,
): Promise<HoldRejectionDocument | undefined> {
  return (await deps.holdRejections.get(scope, { id: rejectionIdOf(signature) }))?.document;
}

/** Ends holds that are open, or were rejected: there is nothing left to be decided. */
export async function supersedeHolds(
  deps: Pick<Deps, 'holds' | 'now'>,
  scope: Scope,
  holds: readonly Pick<HoldDocument, 'id'>[],
  problem: string,
  from: HoldDocument['state'] = 'open',
): Promise<void> {
  for (const { id } of holds) await endHold(deps, scope, id, from, { state: 'superseded', problem });
}

/** Moves a hold to its end, unless somebody has moved it elsewhere. */
export async function endHold(
  deps: Pick<Deps, 'holds' | 'now'>,
  scope: Scope,
  id: string,
  from: HoldDocument['state'],
  end: Pick<HoldDocument, 'state' | 'problem'>,
): Promise<void> {
  for (;;) {
    const stored: Stored<HoldDocument> | undefined = await deps.holds.get(scope, { id });
    if (stored?.document.state !== from) return;
    const at = deps.now().toISOString();
    const document: HoldDocument = { ...stored.document, ...end, finishedAt: at, updatedAt: at };
    if ((await deps.holds.write(scope, { kind: 'replace', document, etag: stored.etag })).ok) return;
  }
}

/** Has later runs know what was decided. Safe to repeat. */
export async function noteDecision(
  deps: Pick<Deps, 'holdRejections' | 'now'>,
  scope: Scope,
  { id: holdId, state, signature, integrationId, taskId, decidedAt }: HoldDocument,
): Promise<void> {
  const id = rejectionIdOf(signature);
  if (state !== 'rejected') {
    await deps.holdRejections.remove(scope, { id });
    return;
  }
  const at = decidedAt ?? deps.now().toISOString();
  const { tenantId } = scope;
  await deps.holdRejections.write(scope, {
    kind: 'upsert',
    document: { id, tenantId, kind: 'hold-rejection', schemaVersion: 1, integrationId, taskId, holdId, at },
  });
}
