import type { ExecutionDocument } from '../core/documents/execution.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import type { MergeNeeds } from './merge-shards/complete-merge.ts';
import { type Move, moveExecution } from './move-execution.ts';

/**
 * Commits a page on top of the run as it is now, as long as only its state was changed meanwhile: a person may have stopped it.
 *
 * @param moveFrom what the page makes of the run
 * @returns the moved run, or `undefined` when another worker has taken the run over
 */
export async function commitOnTop(
  deps: MergeNeeds & Pick<Deps, 'runs' | 'newId'>,
  scope: Scope,
  before: Stored<ExecutionDocument>,
  moveFrom: (execution: ExecutionDocument) => Move,
): Promise<Stored<ExecutionDocument> | undefined> {
  for (let stored = before; ; ) {
    const result = await moveExecution(deps, scope, stored, moveFrom(stored.document));
    if (result !== undefined) return result;
    const { id, fence, pages } = before.document;
    const now = await deps.runs.executions.get(scope, { id, partition: id });
    if (now === undefined || now.document.fence !== fence || now.document.pages !== pages || isTerminal(now.document)) {
      return undefined;
    }
    stored = now;
  }
}
