import type { getMatchRules as route } from '../../contracts/match-rules.ts';
import { describeMatchRules } from '../../core/describe-identity.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { findMatchRules } from './find-match-rules.ts';

/** The match rules of a shard type. Throws `not-found`. */
export async function getMatchRules(
  deps: Pick<Deps, 'matchRules'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document, etag } = await findMatchRules(deps, scope, params.shardTypeId);
  return { body: describeMatchRules(document), etag };
}
