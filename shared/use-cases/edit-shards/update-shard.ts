import type { updateShard as route } from '../../contracts/shards.ts';
import { AppError } from '../../core/app-error.ts';
import { describeShard } from '../../core/describe-shard.ts';
import type { Cause } from '../../core/documents/cause.ts';
import { editShard } from '../../core/edit-shard.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { loadPushRoutes } from '../load-push-routes.ts';
import { recordAudit } from '../record-audit.ts';
import { checkData } from './check-data.ts';
import { readShard, rewriteShard } from './rewrite-shard.ts';
import { type EditNeeds, settleEdited, watchEdited } from './settle-own-record.ts';

/**
 * Changes fields of a shard. What its records lack of it is pushed where tasks say so; the next look at one of them undoes nothing.
 *
 * @throws AppError `not-found`, `precondition-failed`, `wrong-state`, `invalid-request`
 */
export async function updateShard(
  deps: EditNeeds & Pick<Deps, 'shardTypeContents' | 'audit'>,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const patch = body.data as JsonObject;
  const routes = await loadPushRoutes(deps, scope);
  const requestId = deps.newId('request');
  const cause: Cause = { kind: 'person', id: requestId, actorId: scope.actor.id, at: attempt.at.toISOString() };
  const written = await rewriteShard(deps, scope, params.shardId, {
    requestId,
    ifMatch,
    change: async (shard) => {
      if (shard.status !== 'active') throw new AppError('wrong-state', { detail: 'The shard is deleted.' });
      const edited = editShard(shard, patch, cause, routes);
      const [after, before] = [edited.data as JsonObject, shard.data as JsonObject];
      await checkData(deps, scope, shard.shardTypeId, { given: patch, after, before });
      return edited;
    },
    announce: (shard) => watchEdited(deps, scope, shard, requestId),
  });
  const isOwn = await settleEdited(deps, scope, written.document, requestId);
  const { document, etag } = isOwn ? await readShard(deps, scope, params.shardId) : written;
  const detail = Object.keys(patch).sort().join(', ');
  await recordAudit(deps, scope, { action: 'shard.updated', subject: document.id, detail });
  const { id } = document;
  return {
    body: { ...describeShard(document), ...(id === params.shardId ? {} : { mergedInto: id }) },
    etag,
  };
}
