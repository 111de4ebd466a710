import { sameValue } from '../../core/canonical.ts';
import type { Cause } from '../../core/documents/cause.ts';
import type { MergeDocument } from '../../core/documents/merge.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { isLater } from '../../core/identity/absorb-shard.ts';
import { type MergeSides, releaseSources, restoreShard } from '../../core/identity/split-shard.ts';
import { type Sources, strategyOf } from '../../core/identity/survivorship.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { putShard } from '../put-shards.ts';
import { completeForwarding, type MergeNeeds } from './complete-merge.ts';
import { followForwarding } from './follow-forwarding.ts';
import { pointLinks } from './move-records.ts';

/**
 * Goes on with the undo of a merge: the loser lives again with the records that it gets, their links point to it, and only then the survivor lets them
 * go. Until it does, a slow worker may still write to the survivor's copy: what it changed there is carried over. A merge that is not being
 * undone is left alone.
 */
export async function completeUndo(deps: MergeNeeds, scope: Scope, mergeId: string): Promise<void> {
  const merge = (await deps.merges.get(scope, { id: mergeId }))?.document;
  if (merge?.state !== 'undoing') return;
  const moving = new Set(merge.undo?.assignments.flatMap(({ linkId, to }) => (to === 'restored' ? [linkId] : [])));
  const strategies = strategyOf(merge.rules);
  const images = await readImages(deps, scope, merge);
  for (;;) {
    const survivor = await findSurvivor(deps, scope, merge);
    if (survivor === undefined) break;
    const sides: MergeSides = { ...images, now: survivor.document };
    const { sources } = survivor.document;
    const kept = Object.fromEntries(Object.entries(sources).filter(([id]) => !moving.has(id)));
    const moved = Object.fromEntries(Object.entries(sources).filter(([id]) => moving.has(id)));
    await pointLinks(deps, scope, Object.keys(kept), survivor.document.id, merge.loserId);
    await restoreLoser(deps, scope, merge, sides, moved);
    await pointLinks(deps, scope, [...moving], merge.loserId);
    const released = releaseSources(sides, kept, strategies, causeOf(merge, deps.now()));
    const document = asBefore(released, images.survivor);
    const result = await putShard(deps, scope, { before: survivor, document });
    if (result.ok) break;
  }
  await settle(deps, scope, merge.id);
}

/** The shard that holds what the loser had; `undefined` once it has let go of it. */
async function findSurvivor(
  deps: MergeNeeds,
  scope: Scope,
  { absorbed, loserId }: MergeDocument,
): Promise<Stored<ShardDocument> | undefined> {
  const id = absorbed?.by ?? '';
  for (;;) {
    const found = (await followForwarding(deps, scope, [id])).get(id);
    if (await completeForwarding(deps, scope, found?.stored?.document, found?.tombs ?? [])) continue;
    const here = found?.stored?.document.absorbed ?? [];
    return here.some(({ shardId }) => shardId === loserId) ? found?.stored : undefined;
  }
}

/** Both shards as they were before the merge. @throws when they are kept no longer */
export async function readImages(
  deps: Pick<Deps, 'shardImages'>,
  scope: Scope,
  { id, absorbed, loserId }: MergeDocument,
): Promise<Pick<MergeSides, 'survivor' | 'loser'>> {
  const [survivor, loser] = await deps.shardImages.getMany(scope, [
    { id: absorbed?.imageId ?? '', partition: absorbed?.by ?? '' },
    { id: absorbed?.loserImageId ?? '', partition: loserId },
  ]);
  if (survivor === undefined || loser === undefined)
    throw new Error(`The images of the merge ${id} are kept no longer`);
  return { survivor: survivor.document.image, loser: loser.document.image };
}

/** Makes the tombstone a shard again; one that lives again already takes what the survivor's copies show later. */
async function restoreLoser(
  deps: MergeNeeds,
  scope: Scope,
  merge: MergeDocument,
  sides: MergeSides,
  moved: Sources,
): Promise<void> {
  for (;;) {
    const stored = await deps.shards.get(scope, { id: merge.loserId });
    if (stored === undefined) throw new Error(`The shard ${merge.loserId} is gone`);
    const present = stored.document;
    const isTomb = present.status === 'merged';
    // It lived again and was merged again: its records have gone on from there.
    if (isTomb && present.buried?.mergeId !== merge.id) return;
    const news = Object.entries(moved).filter(([id, source]) => isNews(present.sources[id], source));
    if (!isTomb && news.length === 0) return;
    const sources = isTomb ? moved : { ...present.sources, ...Object.fromEntries(news) };
    const restored = restoreShard(sides, present, sources, strategyOf(merge.rules), causeOf(merge, deps.now()));
    const document = asBefore(restored, sides.loser);
    const result = await putShard(deps, scope, { before: stored, document });
    if (result.ok) return;
  }
}

function causeOf({ id, actorId, undo }: MergeDocument, now: Date): Cause {
  return { kind: 'merge-undone', id, actorId: undo?.actorId ?? actorId, at: now.toISOString() };
}

/** A shard that is just as it was before the merge is that revision again: what had made it can be taken back. */
function asBefore(shard: ShardDocument, image: ShardDocument): ShardDocument {
  const isSame = shard.id === image.id && shard.status === image.status && sameValue(shard.data, image.data);
  return isSame && shard.cause !== undefined
    ? { ...shard, cause: { ...shard.cause, restores: image.revision } }
    : shard;
}

function isNews(present: Sources[string] | undefined, source: Sources[string]): boolean {
  return present === undefined || isLater(source, present);
}

async function settle(deps: MergeNeeds, scope: Scope, mergeId: string): Promise<void> {
  for (;;) {
    const stored = await deps.merges.get(scope, { id: mergeId });
    if (stored?.document.state !== 'undoing' || stored.document.undo === undefined) return;
    const undo = { ...stored.document.undo, finishedAt: deps.now().toISOString() };
    const document: MergeDocument = { ...stored.document, state: 'undone', undo };
    const result = await deps.merges.write(scope, { kind: 'replace', document, etag: stored.etag });
    if (result.ok) return;
  }
}
