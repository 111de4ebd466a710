import type { getErasure as route } from '../../contracts/erasures.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeErasure, findErasure } from './find-erasure.ts';

/** How far an erasure is. Throws `not-found`. */
export async function getErasure(
  deps: Pick<Deps, 'erasures'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  return { body: describeErasure((await findErasure(deps, scope, params.erasureId)).document) };
}
