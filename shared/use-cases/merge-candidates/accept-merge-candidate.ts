import type { acceptMergeCandidate as route } from '../../contracts/merges.ts';
import { AppError } from '../../core/app-error.ts';
import { describeMergeCandidate } from '../../core/describe-identity.ts';
import type { MergeCandidateDocument } from '../../core/documents/merge-candidate.ts';
import { isMatch } from '../../core/etag.ts';
import { ruleSetOf } from '../../core/identity/frozen-rules.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { changeDocument } from '../change-document.ts';
import { freezeMatchRules } from '../freeze-match-rules.ts';
import type { MergeNeeds } from '../merge-shards/complete-merge.ts';
import { findCandidate } from '../merge-shards/find-merge.ts';
import { mergeShards } from '../merge-shards/merge-shards.ts';
import { recordAudit } from '../record-audit.ts';

/** The two are one: merges them, unless they have become one meanwhile. Throws `not-found`, `precondition-failed`. */
export async function acceptMergeCandidate(
  deps: MergeNeeds & Pick<Deps, 'mergeCandidates' | 'matchRules' | 'audit' | 'newId'>,
  scope: Scope,
  { params, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document: candidate, etag } = await findCandidate(deps, scope, params.candidateId);
  if (candidate.state !== 'accepted' && !isMatch(ifMatch, etag)) throw new AppError('precondition-failed');
  const { shardTypeId, shardIds, rule } = candidate;
  const rules = await freezeMatchRules(deps, scope, [shardTypeId]);
  const merge = await mergeShards(deps, scope, {
    shardIds,
    trigger: 'candidate',
    rule,
    rules: ruleSetOf(rules, shardTypeId),
  });
  const at = attempt.at.toISOString();
  const stored = await changeDocument(deps.mergeCandidates, scope, {
    find: () => findCandidate(deps, scope, params.candidateId),
    change: (current): MergeCandidateDocument => ({
      ...current,
      state: 'accepted',
      ...(merge === undefined ? {} : { mergeId: merge.id }),
      decidedBy: scope.actor.id,
      decidedAt: at,
      updatedAt: at,
    }),
  });
  await recordAudit(deps, scope, { action: 'merge-candidate.accepted', subject: candidate.id });
  return { body: describeMergeCandidate(stored.document), etag: stored.etag };
}
