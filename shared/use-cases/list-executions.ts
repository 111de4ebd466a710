import type { listExecutions as route, listTenantExecutions as tenantRoute } from '../contracts/executions.ts';
import { describeExecution } from '../core/describe-execution.ts';
import { boundaryId } from '../core/ids.ts';
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
  return list(deps, scope, { ...query, integrationId: params.integrationId });
}

/** The runs of all the tenant's integrations, newest first. */
export async function listTenantExecutions(
  deps: Pick<Deps, 'runs' | 'now'>,
  scope: Scope,
  { query }: InputOf<typeof tenantRoute>,
): Promise<OutputOf<typeof tenantRoute>> {
  return list(deps, scope, query);
}

async function list(
  deps: Pick<Deps, 'runs' | 'now'>,
  scope: Scope,
  query: InputOf<typeof tenantRoute>['query'],
): Promise<OutputOf<typeof tenantRoute>> {
  const { integrationId, taskId, state, from, to } = query;
  const filters = equalFilters({ integrationId, taskId, state });
  const asked = { integrationId, taskId, state, from, to };
  const now = deps.now();
  // Ids sort by time of creation, so a span of time is a span of ids.
  const newest = to === undefined ? undefined : boundaryId('execution', Date.parse(to), 'least');
  const oldest = from === undefined ? undefined : boundaryId('execution', Date.parse(from) - 1, 'greatest');
  const body = await listPage({
    list: 'executions',
    asked: Object.fromEntries(
      Object.entries(asked).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    ),
    page: query,
    read: ({ limit, afterId = newest }) =>
      deps.runs.executions.list(scope, { filters, order: 'descending', limit, afterId, beforeId: oldest }),
    describe: (document) => describeExecution(document, now),
  });
  return { body };
}
