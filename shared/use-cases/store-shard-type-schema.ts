import { AppError } from '../core/app-error.ts';
import { canonicalText, shortHash } from '../core/canonical.ts';
import { contentKey, shardTypeKey } from '../core/documents/conversion.ts';
import { pointerOf } from '../core/field-errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { checkSchema } from '../core/shard-types/check-schema.ts';

/** A schema that a tenant gave, found good. Throws AppError `invalid-request` naming what is wrong below `/schema`. */
export async function requireSchema(given: Readonly<Record<string, unknown>>): Promise<JsonObject> {
  const schema = given as JsonObject;
  const problems = await checkSchema(schema);
  if (problems.length === 0) return schema;
  throw new AppError('invalid-request', {
    errors: problems.map(({ path, message }) => ({ in: 'body', field: pointerOf(['schema', ...path]), message })),
  });
}

/** Keeps what a version says under the hash of it. Safe to repeat. */
export async function storeShardTypeSchema(
  deps: Pick<Deps, 'shardTypeContents'>,
  scope: Scope,
  shardTypeId: string,
  schema: JsonObject,
): Promise<string> {
  const contentId = shortHash(canonicalText(schema));
  const ownerId = shardTypeKey(shardTypeId);
  await deps.shardTypeContents.write(scope, {
    kind: 'upsert',
    document: {
      id: contentKey(ownerId, contentId),
      tenantId: scope.tenantId,
      kind: 'shard-type-content',
      schemaVersion: 1,
      ownerId,
      schema,
    },
  });
  return contentId;
}
