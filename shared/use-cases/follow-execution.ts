import type { followExecution as route } from '../contracts/executions.ts';
import { shortHash } from '../core/canonical.ts';
import { describeExecution } from '../core/describe-execution.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findExecution } from './find-execution.ts';

/** How often a waiting request looks. */
const lookEveryMs = 500;

/** Answers when the run differs from what the caller saw, has ended, or the time is over: never later than `waitSeconds`. Throws `not-found`. */
export async function followExecution(
  deps: Pick<Deps, 'runs' | 'now' | 'wait'>,
  scope: Scope,
  { params, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const deadlineMs = deps.now().getTime() + query.waitSeconds * 1000;
  for (;;) {
    const { document, etag } = await findExecution(deps, scope, params);
    const version = shortHash(etag);
    const leftMs = deadlineMs - deps.now().getTime();
    if (version !== query.after || isTerminal(document) || leftMs <= 0) {
      return { body: { version, execution: describeExecution(document, deps.now()) } };
    }
    await deps.wait(Math.min(lookEveryMs, leftMs));
  }
}
