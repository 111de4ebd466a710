import { AppError } from '../core/app-error.ts';
import { unfinishedStates } from '../core/execution-states.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** Throws `already-running` while a run of the integration, or of the one task, is not finished. */
export async function assertIdle(
  deps: Pick<Deps, 'runs'>,
  scope: Scope,
  { field, id }: { readonly field: 'integrationId' | 'taskId'; readonly id: string },
): Promise<void> {
  const found = await Promise.all(
    unfinishedStates.map((state) =>
      deps.runs.executions.list(scope, {
        filters: [
          { field, is: 'equal', value: id },
          { field: 'state', is: 'equal', value: state },
        ],
        order: 'descending',
        limit: 1,
      }),
    ),
  );
  const execution = found.flat()[0];
  if (execution !== undefined) {
    throw new AppError('already-running', {
      detail: `Execution ${execution.document.id} is ${execution.document.state}.`,
    });
  }
}
