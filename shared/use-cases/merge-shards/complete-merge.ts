import type { Cause } from '../../core/documents/cause.ts';
import type { MergeDocument } from '../../core/documents/merge.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { absorbShard, hasAbsorbed, tombstone } from '../../core/identity/absorb-shard.ts';
import { type StrategyOf, strategyOf } from '../../core/identity/survivorship.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { putShard } from '../put-shards.ts';
import { followForwarding } from './follow-forwarding.ts';
import { keepImage, pointLinks } from './move-records.ts';

export type MergeNeeds = Pick<Deps, 'shards' | 'journal' | 'links' | 'merges' | 'shardImages' | 'due' | 'now' | 'log'>;

/** Goes on with a merge that was begun, to its end; any number of workers may do so at once. One that is not `started` is left alone. */
export async function completeMerge(deps: MergeNeeds, scope: Scope, mergeId: string): Promise<void> {
  const merge = (await deps.merges.get(scope, { id: mergeId }))?.document;
  if (merge?.state !== 'started') return;
  const tomb = await buryLoser(deps, scope, merge);
  if (tomb?.buried?.mergeId !== merge.id) return settle(deps, scope, merge.id, { state: 'superseded' });
  const image = await deps.shardImages.get(scope, { id: tomb.buried.imageId, partition: merge.loserId });
  if (image === undefined) throw new Error(`The merge ${merge.id} has lost the image of ${merge.loserId}`);
  const loser = image.document.image;
  const survivor = await absorb(deps, scope, merge, tomb, loser);
  await pointLinks(deps, scope, Object.keys(loser.sources), survivor.id, merge.loserId);
  const taken = survivor.absorbed?.find(({ shardId }) => shardId === merge.loserId);
  if (taken === undefined) throw new Error(`${survivor.id} does not say how it took ${merge.loserId} over`);
  const absorbed = { by: taken.by, imageId: taken.imageId, loserImageId: tomb.buried.imageId };
  await settle(deps, scope, merge.id, { state: 'done', absorbed });
}

/** Whoever meets tombstones that their survivor has not taken over completes their merges first. Returns whether there were any. */
export async function completeForwarding(
  deps: MergeNeeds,
  scope: Scope,
  survivor: ShardDocument | undefined,
  tombs: readonly ShardDocument[],
): Promise<boolean> {
  const open = tombs.flatMap((tomb) =>
    tomb.buried !== undefined && (survivor === undefined || !hasAbsorbed(survivor, tomb)) ? [tomb.buried.mergeId] : [],
  );
  for (const mergeId of open) await completeMerge(deps, scope, mergeId);
  return open.length > 0;
}

/** The loser's tombstone; of this merge or of another one that was first. `undefined` when there is no such shard. */
async function buryLoser(deps: MergeNeeds, scope: Scope, merge: MergeDocument): Promise<ShardDocument | undefined> {
  for (;;) {
    const loser = await deps.shards.get(scope, { id: merge.loserId });
    if (loser === undefined || loser.document.status === 'merged') return loser?.document;
    const cause = causeOf(merge, deps.now());
    const imageId = await keepImage(deps, scope, merge.id, loser, cause.at);
    const document = tombstone(loser.document, merge.survivorId, { mergeId: merge.id, imageId }, cause);
    const result = await putShard(deps, scope, { before: loser, document });
    if (result.ok) return document;
  }
}

/** The loser's sources into whatever shard it forwards to by now. Returns that shard. */
async function absorb(
  deps: MergeNeeds,
  scope: Scope,
  merge: MergeDocument,
  tomb: ShardDocument,
  loser: ShardDocument,
): Promise<ShardDocument> {
  for (;;) {
    const { stored } = (await followForwarding(deps, scope, [merge.survivorId])).get(merge.survivorId) ?? {};
    if (stored === undefined) throw new Error(`The survivor ${merge.survivorId} of ${merge.id} is gone`);
    if (hasAbsorbed(stored.document, tomb)) return stored.document;
    const cause = causeOf(merge, deps.now());
    const imageId = await keepImage(deps, scope, merge.id, stored, cause.at);
    const document = absorbShard(stored.document, loser, imageId, strategiesOf(merge), cause);
    const result = await putShard(deps, scope, { before: stored, document });
    if (result.ok) return document;
  }
}

function causeOf({ id, actorId }: MergeDocument, now: Date): Cause {
  return { kind: 'merge', id, actorId, at: now.toISOString() };
}

function strategiesOf({ rules, strategy }: MergeDocument): StrategyOf {
  return strategy === undefined ? strategyOf(rules) : strategyOf({ fieldStrategies: {}, ...rules, strategy });
}

async function settle(
  deps: MergeNeeds,
  scope: Scope,
  mergeId: string,
  change: Pick<MergeDocument, 'state' | 'absorbed'>,
): Promise<void> {
  for (;;) {
    const stored = await deps.merges.get(scope, { id: mergeId });
    if (stored?.document.state !== 'started') return;
    const document: MergeDocument = { ...stored.document, ...change, finishedAt: deps.now().toISOString() };
    const result = await deps.merges.write(scope, { kind: 'replace', document, etag: stored.etag });
    if (result.ok) return;
  }
}
