import type { explainField as route } from '../../contracts/lineage.ts';
import { AppError } from '../../core/app-error.ts';
import { sameValue } from '../../core/canonical.ts';
import type { Cause } from '../../core/documents/cause.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { readPath } from '../../core/field-path.ts';
import type { Json } from '../../core/json.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeCauses } from '../describe-causes.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import { type RevisionState, readRevisions } from './read-revisions.ts';

type Needs = Pick<Deps, 'shards' | 'journal' | 'links' | 'merges'>;

interface Step {
  readonly shardId: string;
  readonly revision: number;
  readonly cause: Cause | undefined;
}

/** Merges of merges end some time; so does looking. */
const longestTrail = 20;

/** What gave a field its value; behind rollbacks and merges, what had set it before. Throws `not-found`. */
export async function explainField(
  deps: Needs,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const survivor = (await followForwarding(deps, scope, [params.shardId])).get(params.shardId)?.stored?.document;
  if (survivor === undefined) throw new AppError('not-found', { detail: 'There is no such shard.' });
  const path = params.field.split('.');
  const value = readPath(survivor.data, path);
  const trail = await trace(deps, scope, survivor, path, value);
  const causes = await describeCauses(
    deps,
    scope,
    trail.map((step) => recordThatShows(survivor, step.cause, path, value)),
  );
  return {
    body: {
      shardId: survivor.id,
      field: params.field,
      ...(value === undefined ? {} : { value }),
      trail: trail.map(({ shardId, revision }, index) => {
        const cause = causes[index];
        return { shardId, revision, ...(cause === undefined ? {} : { cause }) };
      }),
    },
  };
}

/** From the newest revision down: each run of revisions that have the value began with the one that set it. */
async function trace(
  deps: Needs,
  scope: Scope,
  shard: ShardDocument,
  path: readonly string[],
  value: Json | undefined,
): Promise<Step[]> {
  const trail: Step[] = [];
  let began: RevisionState | undefined;
  /** What lies between a rollback and the revision that it brought back is no part of the present. */
  let from = shard.revision;
  const end = async (): Promise<boolean> => {
    if (began === undefined) return false;
    const { revision, cause } = began;
    began = undefined;
    trail.push({ shardId: shard.id, revision, cause });
    if (cause?.kind === 'merge') {
      trail.push(...(await traceLoser(deps, scope, shard, cause.id, path, value)));
      return true;
    }
    from = cause?.restores ?? from;
    return cause?.kind !== 'rollback' && cause?.kind !== 'merge-undone';
  };
  for await (const state of readRevisions(deps, scope, shard)) {
    if (state.status === 'merged' && state.revision === shard.revision) continue;
    if (state.revision > from) continue;
    if (sameValue(readPath(state.data, path), value)) began = state;
    else if (await end()) return trail;
    if (trail.length === longestTrail) return trail;
  }
  await end();
  // A field that never had a value was set by nothing.
  return value === undefined && trail.length === 1 && trail[0]?.revision === 1 ? [] : trail;
}

/** Where a merge took the value from, if it was the other shard. */
async function traceLoser(
  deps: Needs,
  scope: Scope,
  survivor: ShardDocument,
  mergeId: string,
  path: readonly string[],
  value: Json | undefined,
): Promise<Step[]> {
  const merge = (await deps.merges.get(scope, { id: mergeId }))?.document;
  if (merge === undefined || merge.loserId === survivor.id) return [];
  const tomb = (await deps.shards.get(scope, { id: merge.loserId }))?.document;
  if (tomb === undefined) return [];
  for await (const state of readRevisions(deps, scope, tomb)) {
    if (state.status === 'merged') continue;
    if (!sameValue(readPath(state.data, path), value)) return [];
    return trace(deps, scope, tomb, path, value);
  }
  return [];
}

/** Of several records that one write took in, the one that shows the value. */
function recordThatShows(
  { sources }: ShardDocument,
  cause: Cause | undefined,
  path: readonly string[],
  value: Json | undefined,
): Cause | undefined {
  if (cause?.linkId === undefined || value === undefined) return cause;
  const shows = (linkId: string) => sameValue(readPath(sources[linkId]?.externalBase ?? {}, path), value);
  if (shows(cause.linkId)) return cause;
  const { executionId } = sources[cause.linkId]?.last ?? {};
  const other = Object.keys(sources).find((id) => sources[id]?.last.executionId === executionId && shows(id));
  return other === undefined ? cause : { ...cause, linkId: other };
}
