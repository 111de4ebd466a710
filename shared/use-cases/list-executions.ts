import type { listExecutions as route } from '../contracts/executions.ts';
import { describeExecution } from '../core/describe-execution.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findIntegration } from './find-integration.ts';
import { equalFilters, listPage } from './list-page.ts';

/** The runs of an integration, newest first. Throws `not-found`. */
export async function listExecutions(
  deps: Pick<Deps, 'integrations' | 'runs' | 'now'>,
  scope: Scope,
  { params, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  await findIntegration(deps, scope, params.integrationId);
  const filters = equalFilters({ integrationId: params.integrationId, taskId: query.taskId, state: query.state });
  const now = deps.now();
  const body = await listPage({
    list: 'executions',
    asked: Object.fromEntries(filters.map(({ field, value }) => [field, value])),
    page: query,
    read: (range) => deps.runs.executions.list(scope, { filters, order: 'descending', ...range }),
    describe: (document) => describeExecution(document, now),
  });
  return { body };
}
