import type { listShards as route } from '../contracts/shards.ts';
import { describeShard } from '../core/describe-shard.ts';
import type { ShardDocument } from '../core/documents/shard.ts';
import type { Deps, Filter, Stored } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { equalFilters, listPage } from './list-page.ts';

type Query = InputOf<typeof route>['query'];

/** The tenant's shards by type, status, text and one field, newest first. */
export async function listShards(
  deps: Pick<Deps, 'shards'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { limit: _limit, cursor: _cursor, ...asked } = query;
  const body = await listPage({
    list: 'shards',
    asked: Object.fromEntries(
      Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    page: query,
    read: async (range) => {
      const lists = await Promise.all(
        alternativesOf(query).map((filters) => deps.shards.list(scope, { filters, order: 'descending', ...range })),
      );
      return mergeDescending(lists, range.limit);
    },
    describe: describeShard,
  });
  return { body };
}

/**
 * A query's value is text, a field's may be a number or a boolean: `42` finds both "42" and 42. Each alternative finds other shards than the
 * next, because a field has one value.
 */
function alternativesOf(query: Query): Filter[][] {
  const filters = equalFilters({ shardTypeId: query.type, status: query.status });
  if (query.text !== undefined) filters.push({ field: 'text', is: 'contains', value: query.text.toLowerCase() });
  const { field, value } = query;
  if (field === undefined || value === undefined) return [filters];
  return readingsOf(value).map((reading) => [...filters, { field: `data.${field}`, is: 'equal', value: reading }]);
}

function readingsOf(value: string): (string | number | boolean)[] {
  if (value === 'true' || value === 'false') return [value, value === 'true'];
  const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value) && Number.isFinite(Number(value));
  return isNumber ? [value, Number(value)] : [value];
}

function mergeDescending(lists: readonly Stored<ShardDocument>[][], limit: number): Stored<ShardDocument>[] {
  const first = lists[0];
  if (first !== undefined && lists.length === 1) return first;
  return lists
    .flat()
    .sort((a, b) => (a.document.id < b.document.id ? 1 : -1))
    .slice(0, limit);
}
