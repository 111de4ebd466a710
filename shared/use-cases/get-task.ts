import type { getTask as route } from '../contracts/tasks.ts';
import { describeTask } from '../core/describe-task.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findTask } from './find-task.ts';

/** One task of the integration. Throws `not-found`. */
export async function getTask(
  deps: Pick<Deps, 'tasks'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document, etag } = await findTask(deps, scope, params);
  return { body: describeTask(document), etag };
}
