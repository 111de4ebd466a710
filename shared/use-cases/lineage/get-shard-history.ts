import type { getShardHistory as route } from '../../contracts/lineage.ts';
import { AppError } from '../../core/app-error.ts';
import { compareFields } from '../../core/compare-fields.ts';
import { decodeCursor, encodeCursor } from '../../core/cursor.ts';
import { leafPaths } from '../../core/identity/survivorship.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeCauses } from '../describe-causes.ts';
import { type RevisionState, readRevisions } from './read-revisions.ts';

type Needs = Pick<Deps, 'shards' | 'journal' | 'links' | 'merges'>;
type Revision = OutputOf<typeof route>['body']['items'][number];

/** The revisions of a shard, newest first, each against the one before. Throws `not-found`. */
export async function getShardHistory(
  deps: Needs,
  scope: Scope,
  { params, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { shardId } = params;
  const stored = await deps.shards.get(scope, { id: shardId });
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such shard.' });
  const below =
    query.cursor === undefined ? undefined : Number(decodeCursor(query.cursor, 'shard-history', { shardId }));
  const states: RevisionState[] = [];
  for await (const state of readRevisions(deps, scope, stored.document, below)) {
    states.push(state);
    // The one before the last that is shown tells what that one changed; one more would begin the next page.
    if (states.length > query.limit) break;
  }
  const shown = states.slice(0, query.limit);
  const last = shown.at(-1);
  const hasMore = states.length > shown.length && last !== undefined;
  const items = await describeRevisions(deps, scope, shardId, shown, states);
  return {
    body: {
      items,
      ...(hasMore ? { nextCursor: encodeCursor(String(last.revision), 'shard-history', { shardId }) } : {}),
    },
  };
}

async function describeRevisions(
  deps: Needs,
  scope: Scope,
  shardId: string,
  shown: readonly RevisionState[],
  states: readonly RevisionState[],
): Promise<Revision[]> {
  const causes = await describeCauses(
    deps,
    scope,
    shown.map(({ cause }) => cause),
  );
  const merges = await readMerges(deps, scope, shardId, shown);
  return shown.map((state, index) => {
    const before = states[index + 1]?.data ?? {};
    const cause = causes[index];
    const merge = merges.get(state.cause?.id ?? '');
    return {
      revision: state.revision,
      status: state.status,
      ...(cause === undefined ? {} : { cause }),
      changes: compareFields(before, state.data, leafPaths([before, state.data])),
      ...(merge === undefined ? {} : { merge }),
    };
  });
}

/** By merge: the other shard of it. */
async function readMerges(
  deps: Pick<Deps, 'merges'>,
  scope: Scope,
  shardId: string,
  states: readonly RevisionState[],
): Promise<Map<string, NonNullable<Revision['merge']>>> {
  const ids = states.flatMap(({ cause }) =>
    cause?.kind === 'merge' || cause?.kind === 'merge-undone' ? [cause.id] : [],
  );
  const merges = await deps.merges.getMany(
    scope,
    ids.map((id) => ({ id })),
  );
  return new Map(
    merges.flatMap((merge) => {
      if (merge === undefined) return [];
      const { id, loserId, survivorId, absorbed } = merge.document;
      const other = loserId === shardId ? (absorbed?.by ?? survivorId) : loserId;
      return [[id, { mergeId: id, shardId: other }] as const];
    }),
  );
}
