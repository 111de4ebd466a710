import type { createShard as route } from '../../contracts/shards.ts';
import { changeShard } from '../../core/change-shard.ts';
import { describeShard } from '../../core/describe-shard.ts';
import type { Cause } from '../../core/documents/cause.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { dueKey } from '../../core/due.ts';
import type { JsonObject } from '../../core/json.ts';
import { ownLinkId } from '../../core/own-record.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { loadPushRoutes } from '../load-push-routes.ts';
import { recordAudit } from '../record-audit.ts';
import { checkData } from './check-data.ts';
import { readShard, rewriteShard } from './rewrite-shard.ts';
import { type EditNeeds, takeOwnRecord } from './settle-own-record.ts';

/** Creates a shard, or joins the one that it matches, also one that was deleted. Throws `invalid-request`. */
export async function createShard(
  deps: EditNeeds & Pick<Deps, 'shardTypeContents' | 'audit'>,
  scope: Scope,
  { body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const data = body.data as JsonObject;
  await checkData(deps, scope, body.shardTypeId, { given: data });
  const record = { shardTypeId: body.shardTypeId, externalId: deps.newId('shard'), data, deleted: false };
  const requestId = deps.newId('request');
  await takeOwnRecord(deps, scope, record, { requestId, at: attempt.at });
  const linkId = ownLinkId(record);
  const link = await deps.links.get(scope, { id: linkId });
  if (link === undefined) throw new Error(`The link ${linkId} of a new shard is gone`);
  const cause: Cause = { kind: 'person', id: requestId, actorId: scope.actor.id, at: attempt.at.toISOString() };
  const { document, etag } = await awake(deps, scope, link.document.shardId, cause);
  await deps.due.remove(dueKey('own-record', scope.tenantId, linkId));
  await recordAudit(deps, scope, { action: 'shard.created', subject: document.id });
  return { body: describeShard(document), etag };
}

/** What is created is there, also where it joined a shard that was deleted. */
async function awake(deps: EditNeeds, scope: Scope, shardId: string, cause: Cause): Promise<Stored<ShardDocument>> {
  const stored = await readShard(deps, scope, shardId);
  if (stored.document.status === 'active') return stored;
  const routes = await loadPushRoutes(deps, scope);
  return rewriteShard(deps, scope, shardId, {
    change: (shard) => (shard.status === 'active' ? shard : changeShard(shard, { status: 'active' }, cause, routes)),
  });
}
