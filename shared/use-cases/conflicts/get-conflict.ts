import type { getConflict as route } from '../../contracts/conflicts.ts';
import { describeConflict, versionOf } from '../../core/conflicts/describe-conflict.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { findConflict } from './find-conflict.ts';

/** One conflict. Throws `not-found`. */
export async function getConflict(
  deps: Pick<Deps, 'conflicts'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findConflict(deps, scope, params.conflictId);
  return { body: describeConflict(document), etag: versionOf(document) };
}
