import type { rejectMergeCandidate as route } from '../../contracts/merges.ts';
import { AppError } from '../../core/app-error.ts';
import { describeMergeCandidate } from '../../core/describe-identity.ts';
import type { MergeCandidateDocument } from '../../core/documents/merge-candidate.ts';
import { compileMatchRules } from '../../core/identity/compile-match-rules.ts';
import { ruleSetOf } from '../../core/identity/frozen-rules.ts';
import { valuesOf } from '../../core/identity/merge-identity.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { changeDocument } from '../change-document.ts';
import { freezeMatchRules } from '../freeze-match-rules.ts';
import { findCandidate } from '../merge-shards/find-merge.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import { recordAudit } from '../record-audit.ts';

type Needs = Pick<Deps, 'mergeCandidates' | 'matchRules' | 'shards' | 'audit' | 'newId' | 'now'>;

/**
 * The two are not one, as both are now and by the rules in force. Throws `not-found`, `precondition-failed`, `already-merged` when they have become one:
 * then the merge is to be undone.
 */
export async function rejectMergeCandidate(
  deps: Needs,
  scope: Scope,
  { params, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document: candidate } = await findCandidate(deps, scope, params.candidateId);
  const rejected = await describeRejection(deps, scope, candidate);
  const at = attempt.at.toISOString();
  const stored = await changeDocument(deps.mergeCandidates, scope, {
    find: () => findCandidate(deps, scope, params.candidateId),
    change: ({ reopened: _reopened, ...current }): MergeCandidateDocument => ({
      ...current,
      ...rejected,
      state: 'rejected',
      decidedBy: scope.actor.id,
      decidedAt: at,
      updatedAt: at,
    }),
    ifMatch,
    repeated: attempt.repeated,
  });
  await recordAudit(deps, scope, { action: 'merge-candidate.rejected', subject: candidate.id });
  return { body: describeMergeCandidate(stored.document), etag: stored.etag };
}

/** What the rejection is tied to: the rules and both shards' values of this moment. */
async function describeRejection(
  deps: Needs,
  scope: Scope,
  { shardTypeId, shardIds, rules, values }: MergeCandidateDocument,
): Promise<Pick<MergeCandidateDocument, 'rules' | 'values'>> {
  const found = await followForwarding(deps, scope, shardIds);
  const [left, right] = shardIds.map((id) => found.get(id)?.stored?.document);
  if (left !== undefined && left.id === right?.id) throw new AppError('already-merged');
  const frozen = await freezeMatchRules(deps, scope, [shardTypeId]);
  const set = ruleSetOf(frozen, shardTypeId);
  if (set === undefined || left === undefined || right === undefined) return { rules, values };
  const matcher = compileMatchRules(shardTypeId, set);
  return { rules: matcher.rulesPrint, values: valuesOf(matcher, left, right) };
}
