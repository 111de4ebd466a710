import type { getMerge as route } from '../../contracts/merges.ts';
import { describeMerge } from '../../core/describe-identity.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { findMerge } from './find-merge.ts';

/** One merge. Throws `not-found`. */
export async function getMerge(
  deps: Pick<Deps, 'merges'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  return { body: describeMerge((await findMerge(deps, scope, params.mergeId)).document) };
}
