import type { listIntegrations as route } from '../contracts/integrations.ts';
import { describeIntegration } from '../core/describe-integration.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { equalFilters, listPage } from './list-page.ts';

/** The tenant's integrations, newest first. */
export async function listIntegrations(
  deps: Pick<Deps, 'integrations'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const filters = equalFilters({ provider: query.provider });
  const body = await listPage({
    list: 'integrations',
    asked: { ...(query.provider === undefined ? {} : { provider: query.provider }) },
    page: query,
    read: (range) => deps.integrations.list(scope, { filters, order: 'descending', ...range }),
    describe: describeIntegration,
  });
  return { body };
}
