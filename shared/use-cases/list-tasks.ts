import type { listTasks as route } from '../contracts/tasks.ts';
import { describeTask } from '../core/describe-task.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findIntegration } from './find-integration.ts';
import { equalFilters, listPage } from './list-page.ts';

/** The tasks of an integration, newest first. Throws `not-found`. */
export async function listTasks(
  deps: Pick<Deps, 'integrations' | 'tasks'>,
  scope: Scope,
  { params, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  await findIntegration(deps, scope, params.integrationId);
  const filters = equalFilters({ integrationId: params.integrationId });
  const body = await listPage({
    list: 'tasks',
    asked: { integrationId: params.integrationId },
    page: query,
    read: (range) => deps.tasks.list(scope, { filters, order: 'descending', ...range }),
    describe: describeTask,
  });
  return { body };
}
