import type { listDeliveries as route } from '../../contracts/deliveries.ts';
import { decodeCursor, encodeCursor } from '../../core/cursor.ts';
import { composeId } from '../../core/ids.ts';
import type { Deps, Filter } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeDelivery } from '../../core/webhooks/describe-delivery.ts';
import { equalFilters } from '../list-page.ts';

const list = 'deliveries';

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
  const afterId = cursor === undefined ? undefined : decodeCursor(cursor, list, asked);
  const found = await deps.deliveries.list(scope, {
    filters: filtersOf(filters),
    orderBy: 'arrival',
    order: 'descending',
    afterId,
    limit: limit + 1,
  });
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    body: {
      items: shown.map(({ document }) => describeDelivery(document)),
      ...(found.length > limit && last !== undefined
        ? { nextCursor: encodeCursor(last.document.arrival, list, asked) }
        : {}),
    },
  };
}

function filtersOf(asked: Omit<InputOf<typeof route>['query'], 'limit' | 'cursor'>): Filter[] {
  const { integrationId, state, eventId, from, to, record, text } = asked;
  return [
    ...equalFilters({ integrationId, state, eventId }),
    ...(from === undefined ? [] : [{ field: 'arrival', is: 'at-least' as const, value: arrivalAt(from) }]),
    ...(to === undefined ? [] : [{ field: 'arrival', is: 'below' as const, value: arrivalAt(to) }]),
    ...(record === undefined ? [] : [{ field: 'recordKeys', is: 'has' as const, value: record }]),
    ...(text === undefined ? [] : [{ field: 'body.content', is: 'contains' as const, value: text }]),
  ];
}

/** Arrivals sort by time. */
function arrivalAt(instant: string): string {
  return composeId('arrival', Math.max(0, Date.parse(instant)), new Uint8Array(10));
}
