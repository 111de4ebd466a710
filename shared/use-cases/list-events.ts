import type { listEvents as route } from '../contracts/events.ts';
import { describeEvent } from '../core/describe-event.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { equalFilters, listPage } from './list-page.ts';

/** What happened in the tenant, newest first. */
export async function listEvents(
  deps: Pick<Deps, 'events'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const filters = equalFilters({ type: query.type, 'data.integrationId': query.integrationId });
  const body = await listPage({
    list: 'events',
    asked: Object.fromEntries(filters.map(({ field, value }) => [field, value])),
    page: query,
    read: (range) => deps.events.list(scope, { filters, order: 'descending', ...range }),
    describe: describeEvent,
  });
  return { body };
}
