import type { listShardTypeVersions as route } from '../contracts/shard-types.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { versionsOf } from '../core/shard-types/known-shard-type.ts';
import { readShardTypeSchema, requireShardType } from './find-shard-type.ts';
import { listVersions } from './list-page.ts';

/** The versions of a shard type, newest first. Throws `not-found`. */
export async function listShardTypeVersions(
  deps: Pick<Deps, 'shardTypes' | 'shardTypeContents'>,
  scope: Scope,
  { params, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const type = await requireShardType(deps, scope, params.shardTypeId);
  const page = listVersions('shard-type-versions', type.id, query, versionsOf(type.builtIn, type.stored));
  const items = await Promise.all(
    page.items.map(async ({ version, contentId, createdAt }) => ({
      version,
      schema: await readShardTypeSchema(deps, scope, type.id, contentId),
      createdAt,
    })),
  );
  return { body: { items, nextCursor: page.nextCursor } };
}
