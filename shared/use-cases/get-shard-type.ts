import type { getShardType as route } from '../contracts/shard-types.ts';
import { shardTypeEtag, summariseShardType } from '../core/describe-shard-type.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { readShardTypeSchema, requireShardType } from './find-shard-type.ts';

/** One shard type with the version that holds. Throws `not-found`. */
export async function getShardType(
  deps: Pick<Deps, 'shardTypes' | 'shardTypeContents'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const type = await requireShardType(deps, scope, params.shardTypeId);
  const schema = await readShardTypeSchema(deps, scope, type.id, type.contentId);
  return { body: { ...summariseShardType(type), schema }, etag: shardTypeEtag(type) };
}
