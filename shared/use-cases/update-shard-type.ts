import type { updateShardType as route } from '../contracts/shard-types.ts';
import { AppError } from '../core/app-error.ts';
import { shardTypeEtag, summariseShardType } from '../core/describe-shard-type.ts';
import { type ShardTypeDocument, shardTypeKey } from '../core/documents/conversion.ts';
import { isMatch } from '../core/etag.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { type KnownShardType, knowShardType, versionsOf } from '../core/shard-types/known-shard-type.ts';
import { mostVersions } from '../core/versions.ts';
import { readShardTypeSchema, requireShardType } from './find-shard-type.ts';
import { recordAudit } from './record-audit.ts';
import { requireSchema, storeShardTypeSchema } from './store-shard-type-schema.ts';

type Needs = Pick<Deps, 'shardTypes' | 'shardTypeContents' | 'audit' | 'newId' | 'now'>;
type Patch = InputOf<typeof route>['body'];

/** Losing this many races in a row means that something writes without end. */
const maximumTries = 20;

/**
 * Renames a shard type, or adds a version, which runs use from their next start on.
 *
 * @throws AppError `not-found`, `invalid-request`, `precondition-failed`
 */
export async function updateShardType(
  deps: Needs,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { shardTypeId } = params;
  await requireShardType(deps, scope, shardTypeId);
  const contentId =
    body.schema === undefined
      ? undefined
      : await storeShardTypeSchema(deps, scope, shardTypeId, await requireSchema(body.schema));
  const at = attempt.at.toISOString();
  for (let turn = 0; turn < maximumTries; turn += 1) {
    const current = await requireShardType(deps, scope, shardTypeId);
    const isDone = attempt.repeated && current.stored?.document.updatedAt === at;
    if (!isDone && !isMatch(ifMatch, shardTypeEtag(current))) throw new AppError('precondition-failed');
    const changed = isDone
      ? current
      : await write(deps, scope, current, changedType(scope, current, body, contentId, at));
    if (changed === undefined) continue;
    const detail = Object.keys(body).sort().join(', ');
    await recordAudit(deps, scope, { action: 'shard-type.updated', subject: shardTypeId, detail });
    const schema = await readShardTypeSchema(deps, scope, shardTypeId, changed.contentId);
    return { body: { ...summariseShardType(changed), schema }, etag: shardTypeEtag(changed) };
  }
  throw new AppError('unavailable', { detail: 'It is being changed too often at the moment.' });
}

function changedType(
  scope: Scope,
  current: KnownShardType,
  patch: Patch,
  contentId: string | undefined,
  at: string,
): ShardTypeDocument {
  const { id, builtIn, stored, version } = current;
  const own = stored?.document.versions ?? [];
  if (versionsOf(builtIn, stored).length >= mostVersions) {
    const message = `would be more than ${mostVersions} versions`;
    throw new AppError('invalid-request', { errors: [{ in: 'body', field: '/schema', message }] });
  }
  return {
    id: shardTypeKey(id),
    tenantId: scope.tenantId,
    kind: 'shard-type',
    schemaVersion: 1,
    shardTypeId: id,
    name: patch.name ?? stored?.document.name ?? builtIn?.name ?? id,
    versions:
      contentId === undefined || contentId === current.contentId
        ? own
        : [...own, { version: version + 1, contentId, createdAt: at }],
    createdAt: stored?.document.createdAt ?? at,
    updatedAt: at,
  };
}

/** `undefined` when someone else was faster. */
async function write(
  deps: Needs,
  scope: Scope,
  { id, stored }: KnownShardType,
  document: ShardTypeDocument,
): Promise<KnownShardType | undefined> {
  const result = await deps.shardTypes.write(
    scope,
    stored === undefined ? { kind: 'create', document } : { kind: 'replace', document, etag: stored.etag },
  );
  return result.ok ? knowShardType(id, { document, etag: result.etag }) : undefined;
}
