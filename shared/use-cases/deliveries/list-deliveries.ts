import type { listDeliveries as route } from '../../contracts/deliveries.ts';
import type { Deps, Filter } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { arrivalAt } from '../../core/webhooks/arrival.ts';
import { describeDelivery } from '../../core/webhooks/describe-delivery.ts';
import { equalFilters, listPage } from '../list-page.ts';

/** The tenant's deliveries, the latest first. */
export async function listDeliveries(
  deps: Pick<Deps, 'deliveries'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { limit, cursor, ...filters } = query;
  const asked = Object.fromEntries(
    Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const body = await listPage({
    list: 'deliveries',
    asked,
    page: { limit, cursor },
    placeOf: ({ arrival }) => arrival,
    read: (range) =>
      deps.deliveries.list(scope, {
        filters: filtersOf(filters),
        orderBy: 'arrival',
        order: 'descending',
        ...range,
      }),
    describe: describeDelivery,
  });
  return { body };
}

function filtersOf(asked: Omit<InputOf<typeof route>['query'], 'limit' | 'cursor'>): Filter[] {
  const { integrationId, state, eventId, from, to, record, text } = asked;
  return [
    ...equalFilters({ integrationId, state, eventId }),
    ...(from === undefined ? [] : [{ field: 'arrival', is: 'at-least' as const, value: arrivalAt(Date.parse(from)) }]),
    ...(to === undefined ? [] : [{ field: 'arrival', is: 'below' as const, value: arrivalAt(Date.parse(to)) }]),
    ...(record === undefined ? [] : [{ field: 'recordKeys', is: 'has' as const, value: record }]),
    ...(text === undefined ? [] : [{ field: 'body.content', is: 'contains' as const, value: text }]),
  ];
}
