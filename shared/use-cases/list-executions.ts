import type { listExecutions as route, listTenantExecutions as tenantRoute } from '../contracts/executions.ts';
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
  const asked = { integrationId, taskId, state, from, to };
  const now = deps.now();
  const filters = [
    ...equalFilters({ integrationId, taskId, state }),
    ...(from === undefined ? [] : [{ field: 'createdAt', is: 'at-least' as const, value: canonicalInstant(from) }]),
    ...(to === undefined ? [] : [{ field: 'createdAt', is: 'below' as const, value: canonicalInstant(to) }]),
  ];
  const body = await listPage({
    list: 'executions',
    asked: Object.fromEntries(
      Object.entries(asked).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    ),
    page: query,
    read: (range) => deps.runs.executions.list(scope, { filters, order: 'descending', ...range }),
    describe: (document) => describeExecution(document, now),
  });
  return { body };
}

/** As instants are stored: with milliseconds, so that they compare as text. */
function canonicalInstant(text: string): string {
  return new Date(text).toISOString();
}
