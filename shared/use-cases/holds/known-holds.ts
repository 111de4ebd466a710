import type { HoldDocument, HoldRejectionDocument } from '../../core/documents/hold.ts';
import { rejectionIdOf } from '../../core/documents/hold.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** A task has one open hold a feed, unless something went wrong. */
const mostHolds = 1000;

/** The holds of a task that are open or being carried out, and would do the same to the same kind of records. */
export async function listHoldsOf(
  deps: Pick<Deps, 'holds'>,
  scope: Scope,
  taskId: string,
  { kind, feed, shardTypeId }: HoldDocument['action'],
): Promise<HoldDocument[]> {
  const stored = await deps.holds.list(scope, {
    filters: [
      { field: 'state', is: 'one-of', values: ['open', 'approved'] },
      { field: 'taskId', is: 'equal', value: taskId },
      { field: 'action.kind', is: 'equal', value: kind },
      { field: 'action.feed', is: 'equal', value: feed },
      { field: 'action.shardTypeId', is: 'equal', value: shardTypeId },
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

/** Ends holds that are open: there is nothing left to be decided. */
export async function supersedeHolds(
  deps: Pick<Deps, 'holds' | 'now'>,
  scope: Scope,
  holds: readonly Pick<HoldDocument, 'id'>[],
  problem: string,
): Promise<void> {
  for (const { id } of holds) {
    for (;;) {
      const stored: Stored<HoldDocument> | undefined = await deps.holds.get(scope, { id });
      if (stored?.document.state !== 'open') break;
      const at = deps.now().toISOString();
      const document: HoldDocument = {
        ...stored.document,
        state: 'superseded',
        problem,
        finishedAt: at,
        updatedAt: at,
      };
      if ((await deps.holds.write(scope, { kind: 'replace', document, etag: stored.etag })).ok) break;
    }
  }
}
