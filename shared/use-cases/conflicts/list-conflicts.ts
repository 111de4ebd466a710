import type { listConflicts as route } from '../../contracts/conflicts.ts';
import { describeConflict } from '../../core/conflicts/describe-conflict.ts';
import { definedOnly } from '../../core/defined-only.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Deps, Filter } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { equalFilters, listPage } from '../list-page.ts';

/** The tenant's conflicts, those that came up last first. */
export async function listConflicts(
  deps: Pick<Deps, 'conflicts'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { limit: _limit, cursor: _cursor, state, shardId, sinceAfter, ...described } = query;
  const filters = [
    ...equalFilters({ state, shardId }),
    ...conflictFilters(described),
    ...(sinceAfter === undefined ? [] : [{ field: 'position', is: 'at-least' as const, value: sinceAfter }]),
  ];
  const body = await listPage({
    list: 'conflicts',
    asked: definedOnly({ state, shardId, sinceAfter, ...described }) as JsonObject,
    page: query,
    placeOf: ({ position }) => position,
    read: (range) => deps.conflicts.list(scope, { filters, order: 'descending', orderBy: 'position', ...range }),
    describe: describeConflict,
  });
  return { body };
}

/** The conditions under which a conflict is described. */
export function conflictFilters(described: {
  readonly integrationId?: string | undefined;
  readonly type?: string | undefined;
  readonly kind?: string | undefined;
  readonly alike?: string | undefined;
  readonly field?: string | undefined;
  readonly sinceBefore?: string | undefined;
}): Filter[] {
  const { integrationId, type, kind, alike, field, sinceBefore } = described;
  return [
    ...equalFilters({ integrationId, shardTypeId: type, about: kind, alike }),
    ...(field === undefined ? [] : [{ field: 'fieldNames', is: 'contains' as const, value: `|${field}|` }]),
    ...(sinceBefore === undefined ? [] : [{ field: 'position', is: 'below' as const, value: sinceBefore }]),
  ];
}
