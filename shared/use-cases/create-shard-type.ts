import type { createShardType as route } from '../contracts/shard-types.ts';
import { AppError } from '../core/app-error.ts';
import { summariseShardType } from '../core/describe-shard-type.ts';
import { type ShardTypeDocument, shardTypeKey } from '../core/documents/conversion.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findBuiltIn } from '../core/shard-types/built-in.ts';
import { knowShardType } from '../core/shard-types/known-shard-type.ts';
import { addVersion } from '../core/versions.ts';
import { recordAudit } from './record-audit.ts';
import { requireSchema, storeShardTypeSchema } from './store-shard-type-schema.ts';

/** Creates a shard type of the tenant's own. Throws `invalid-request`, `already-exists`. */
export async function createShardType(
  deps: Pick<Deps, 'shardTypes' | 'shardTypeContents' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const schema = await requireSchema(body.schema);
  const taken = new AppError('already-exists', { detail: `There is a shard type "${body.id}" already.` });
  if (findBuiltIn(body.id) !== undefined) throw taken;
  const at = attempt.at.toISOString();
  const contentId = await storeShardTypeSchema(deps, scope, body.id, schema);
  const document: ShardTypeDocument = {
    id: shardTypeKey(body.id),
    tenantId: scope.tenantId,
    kind: 'shard-type',
    schemaVersion: 1,
    shardTypeId: body.id,
    name: body.name,
    versions: addVersion([], { contentId, at }),
    createdAt: at,
    updatedAt: at,
  };
  const result = await deps.shardTypes.write(scope, { kind: 'create', document });
  const present = result.ok ? { document, etag: result.etag } : await deps.shardTypes.get(scope, { id: document.id });
  const isOurs = result.ok || (attempt.repeated && present?.document.createdAt === at);
  const type = isOurs ? knowShardType(body.id, present) : undefined;
  if (type?.stored === undefined) throw taken;
  await recordAudit(deps, scope, { action: 'shard-type.created', subject: body.id });
  return { body: { ...summariseShardType(type), schema }, etag: type.stored.etag };
}
