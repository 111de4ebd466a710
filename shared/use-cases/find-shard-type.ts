import { AppError } from '../core/app-error.ts';
import { contentKey, type ShardTypeDocument, shardTypeKey } from '../core/documents/conversion.ts';
import type { JsonObject } from '../core/json.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { builtInContentId, findBuiltIn } from '../core/shard-types/built-in.ts';

/** A shard type of a tenant: what is built in, what the tenant made of it, or the tenant's own. */
export interface KnownShardType {
  readonly id: string;
  readonly builtIn: ReturnType<typeof findBuiltIn>;
  readonly stored: Stored<ShardTypeDocument> | undefined;
  /** The newest version, which holds. */
  readonly version: number;
  readonly contentId: string;
}

/** `undefined` where there is no such shard type. */
export async function findShardType(
  deps: Pick<Deps, 'shardTypes'>,
  scope: Scope,
  id: string,
): Promise<KnownShardType | undefined> {
  return (await findShardTypes(deps, scope, [id]))[0];
}

/** Each of the ids, in their order. */
export async function findShardTypes(
  deps: Pick<Deps, 'shardTypes'>,
  scope: Scope,
  ids: readonly string[],
): Promise<(KnownShardType | undefined)[]> {
  const documents = await deps.shardTypes.getMany(
    scope,
    ids.map((id) => ({ id: shardTypeKey(id) })),
  );
  return ids.map((id, index) => {
    const stored = documents[index];
    const builtIn = findBuiltIn(id);
    const newest = stored?.document.versions.at(-1);
    if (newest !== undefined) return { id, builtIn, stored, version: newest.version, contentId: newest.contentId };
    if (builtIn === undefined) return undefined;
    return { id, builtIn, stored: undefined, version: 1, contentId: builtInContentId(builtIn) };
  });
}

/**
 * The JSON Schema of one version of a shard type.
 *
 * @throws AppError `not-found` when that version is no longer there
 */
export async function readShardTypeSchema(
  deps: Pick<Deps, 'shardTypeContents'>,
  scope: Scope,
  id: string,
  contentId: string,
): Promise<JsonObject> {
  const builtIn = findBuiltIn(id);
  if (builtIn !== undefined && builtInContentId(builtIn) === contentId) return builtIn.schema;
  const content = await deps.shardTypeContents.get(scope, { id: contentKey(shardTypeKey(id), contentId) });
  if (content === undefined) throw new AppError('not-found', { detail: `The shard type "${id}" was removed.` });
  return content.document.schema;
}
