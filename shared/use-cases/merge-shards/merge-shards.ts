import type { MatchRuleSet } from '../../core/documents/match-rules.ts';
import type { MergeDocument } from '../../core/documents/merge.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { dueKey } from '../../core/due.ts';
import { mergeIdOf, orderPair } from '../../core/identity/merge-identity.ts';
import type { Scope } from '../../core/scope.ts';
import { completeForwarding, type MergeNeeds } from './complete-merge.ts';
import { followForwarding } from './follow-forwarding.ts';
import { resumeMerge } from './resume-merge.ts';

export interface MergeRequest {
  readonly shardIds: readonly [string, string];
  readonly trigger: MergeDocument['trigger'];
  readonly rule?: string | undefined;
  readonly rules?: MatchRuleSet | undefined;
  readonly strategy?: MergeDocument['strategy'];
}

/** A merge that whoever began it left alone is gone on with after this long. */
const lookAfterMs = 60_000;

/**
 * Makes two shards one: the older stays. Begun by a document that anyone can go on with, and an entry for the clock, so that it is completed
 * whatever happens here.
 *
 * @returns the merge, or `undefined` when the two are one already or one of them is not there
 */
export async function mergeShards(
  deps: MergeNeeds,
  scope: Scope,
  request: MergeRequest,
): Promise<MergeDocument | undefined> {
  for (;;) {
    const document = await describeMerge(deps, scope, request);
    if (document === undefined) return undefined;
    const merge = await carryOut(deps, scope, document);
    // One of the two went into a third meanwhile: it is that one's survivor now that is to be merged.
    if (merge?.state !== 'superseded') return merge;
  }
}

async function carryOut(deps: MergeNeeds, scope: Scope, document: MergeDocument): Promise<MergeDocument | undefined> {
  await deps.due.put({
    ...dueKey('merge', scope.tenantId, document.id),
    schemaVersion: 1,
    kind: 'merge',
    tenantId: scope.tenantId,
    mergeId: document.id,
    dueAt: new Date(deps.now().getTime() + lookAfterMs).toISOString(),
  });
  await deps.merges.write(scope, { kind: 'create', document });
  await resumeMerge(deps, scope, document.id);
  return (await deps.merges.get(scope, { id: document.id }))?.document;
}

async function describeMerge(
  deps: MergeNeeds,
  scope: Scope,
  { shardIds, trigger, rule, rules, strategy }: MergeRequest,
): Promise<MergeDocument | undefined> {
  const found = await followForwarding(deps, scope, shardIds);
  for (const { stored, tombs } of found.values()) await completeForwarding(deps, scope, stored?.document, tombs);
  const [left, right] = shardIds.map((id) => found.get(id)?.stored?.document);
  if (left === undefined || right === undefined || left.id === right.id) return undefined;
  const [survivor, loser] = ordered(left, right);
  return {
    id: mergeIdOf(survivor, loser),
    tenantId: scope.tenantId,
    kind: 'merge',
    schemaVersion: 1,
    shardTypeId: survivor.shardTypeId,
    state: 'started',
    survivorId: survivor.id,
    loserId: loser.id,
    trigger,
    ...(rule === undefined ? {} : { rule }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(rules === undefined ? {} : { rules }),
    actorId: scope.actor.id,
    createdAt: deps.now().toISOString(),
  };
}

function ordered(left: ShardDocument, right: ShardDocument): [survivor: ShardDocument, loser: ShardDocument] {
  return orderPair(left.id, right.id)[0] === left.id ? [left, right] : [right, left];
}
