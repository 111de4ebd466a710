import { AppError } from '../core/app-error.ts';
import { contentKey, shardTypeKey } from '../core/documents/conversion.ts';
import type { JsonObject } from '../core/json.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { builtInContentId, findBuiltIn } from '../core/shard-types/built-in.ts';
import { type KnownShardType, knowShardType } from '../core/shard-types/known-shard-type.ts';

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
  return ids.map((id, index) => knowShardType(id, documents[index]));
}

/** The tenant's shard type, or AppError `not-found`. */
export async function requireShardType(
  deps: Pick<Deps, 'shardTypes'>,
  scope: Scope,
  id: string,
): Promise<KnownShardType> {
  const type = await findShardType(deps, scope, id);
  if (type === undefined) throw new AppError('not-found', { detail: 'There is no such shard type.' });
  return type;
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
