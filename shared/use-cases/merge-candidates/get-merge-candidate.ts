import type { getMergeCandidate as route } from '../../contracts/merges.ts';
import { describeMergeCandidate } from '../../core/describe-identity.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { findCandidate } from '../merge-shards/find-merge.ts';

/** One pair of shards that may be one. Throws `not-found`. */
export async function getMergeCandidate(
  deps: Pick<Deps, 'mergeCandidates'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document, etag } = await findCandidate(deps, scope, params.candidateId);
  return { body: describeMergeCandidate(document), etag };
}
