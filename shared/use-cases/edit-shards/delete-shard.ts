import type { deleteShard as route } from '../../contracts/shards.ts';
import type { Cause } from '../../core/documents/cause.ts';
import { deleteShardHere } from '../../core/edit-shard.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { loadPushRoutes } from '../load-push-routes.ts';
import { recordAudit } from '../record-audit.ts';
import { rewriteShard } from './rewrite-shard.ts';
import { type EditNeeds, settleEdited, watchEdited } from './settle-own-record.ts';

/** Deletes a shard, as a person does. One that is deleted already stays so. Throws `not-found`, `precondition-failed`. */
export async function deleteShard(
  deps: EditNeeds & Pick<Deps, 'audit'>,
  scope: Scope,
  { params, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const routes = await loadPushRoutes(deps, scope);
  const requestId = deps.newId('request');
  const cause: Cause = { kind: 'person', id: requestId, actorId: scope.actor.id, at: attempt.at.toISOString() };
  const { document } = await rewriteShard(deps, scope, params.shardId, {
    requestId,
    ifMatch,
    change: (shard) => deleteShardHere(shard, cause, routes),
    announce: (shard) => watchEdited(deps, scope, shard, requestId),
  });
  await settleEdited(deps, scope, document, requestId);
  await recordAudit(deps, scope, { action: 'shard.deleted', subject: document.id });
  return { body: undefined };
}
