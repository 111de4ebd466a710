import type { listShardTypes as route } from '../contracts/shard-types.ts';
import { summariseShardType } from '../core/describe-shard-type.ts';
import { shardTypeKey } from '../core/documents/conversion.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { builtInShardTypes } from '../core/shard-types/built-in.ts';
import { type KnownShardType, knowShardType } from '../core/shard-types/known-shard-type.ts';
import { findShardTypes } from './find-shard-type.ts';
import { listPage } from './list-page.ts';

/** The built-in shard types and the tenant's own, by id backwards. */
export async function listShardTypes(
  deps: Pick<Deps, 'shardTypes'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const body = await listPage({
    list: 'shard-types',
    asked: {},
    page: query,
    read: async (range) => {
      const [own, builtIn] = await Promise.all([
        deps.shardTypes.list(scope, { filters: [], order: 'descending', ...range }),
        findShardTypes(
          deps,
          scope,
          builtInShardTypes.map((type) => type.id),
        ),
      ]);
      const known = new Map<string, KnownShardType>();
      for (const type of [...builtIn, ...own.map((stored) => knowShardType(stored.document.shardTypeId, stored))]) {
        if (type !== undefined) known.set(shardTypeKey(type.id), type);
      }
      return [...known]
        .filter(([key]) => range.afterId === undefined || key < range.afterId)
        .sort(([a], [b]) => (a < b ? 1 : -1))
        .slice(0, range.limit)
        .map(([id, type]) => ({ document: { id, type }, etag: '' }));
    },
    describe: ({ type }) => summariseShardType(type),
  });
  return { body };
}
