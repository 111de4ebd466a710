import type { getExecution as route } from '../contracts/executions.ts';
import { describeExecution } from '../core/describe-execution.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findExecution } from './find-execution.ts';

/** One run of the integration. Throws `not-found`. */
export async function getExecution(
  deps: Pick<Deps, 'runs' | 'now'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findExecution(deps, scope, params);
  return { body: describeExecution(document, deps.now()) };
}
