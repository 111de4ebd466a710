import type { mergeShard as route } from '../../contracts/merges.ts';
import { AppError } from '../../core/app-error.ts';
import { describeMerge } from '../../core/describe-identity.ts';
import { ruleSetOf } from '../../core/identity/frozen-rules.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { freezeMatchRules } from '../freeze-match-rules.ts';
import { recordAudit } from '../record-audit.ts';
import type { MergeNeeds } from './complete-merge.ts';
import { followForwarding } from './follow-forwarding.ts';
import { mergeShards } from './merge-shards.ts';

/** Makes two shards one because a person says so. Throws `not-found`, `already-merged`, `invalid-request`. */
export async function mergeShard(
  deps: MergeNeeds & Pick<Deps, 'matchRules' | 'audit' | 'newId'>,
  scope: Scope,
  { params, body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const ids = [params.shardId, body.with] as const;
  const found = await followForwarding(deps, scope, ids);
  const [left, right] = ids.map((id) => found.get(id)?.stored?.document);
  if (left === undefined) throw new AppError('not-found', { detail: 'There is no such shard.' });
  if (right === undefined) throw refusal('is not a shard');
  if (left.shardTypeId !== right.shardTypeId) throw refusal(`must be a shard of the type ${left.shardTypeId}`);
  if (left.id === right.id) {
    const earlier = attempt.repeated
      ? left.absorbed?.find(({ shardId }) => ids.some((id) => id === shardId))
      : undefined;
    const merge = await readMerge(deps, scope, earlier?.imageId.split('.')[0]);
    if (merge !== undefined) return { body: describeMerge(merge) };
    throw new AppError('already-merged');
  }
  const rules = await freezeMatchRules(deps, scope, [left.shardTypeId]);
  const merge = await mergeShards(deps, scope, {
    shardIds: [left.id, right.id],
    trigger: 'person',
    rules: ruleSetOf(rules, left.shardTypeId),
    ...(body.strategy === undefined ? {} : { strategy: body.strategy }),
  });
  if (merge === undefined) throw new AppError('already-merged');
  await recordAudit(deps, scope, {
    action: 'shard.merged',
    subject: merge.id,
    detail: `${merge.loserId} into ${merge.survivorId}`,
  });
  return { body: describeMerge(merge) };
}

function refusal(message: string): AppError {
  return new AppError('invalid-request', { errors: [{ in: 'body', field: '/with', message }] });
}

async function readMerge(deps: Pick<Deps, 'merges'>, scope: Scope, id: string | undefined) {
  return id === undefined ? undefined : (await deps.merges.get(scope, { id }))?.document;
}
