import type { retryPush as route } from '../../contracts/pushes.ts';
import { AdapterFailure } from '../../core/adapter.ts';
import { AppError } from '../../core/app-error.ts';
import { describePush } from '../../core/describe-push.ts';
import { type PushIntent, type PushLaneDocument, pushLaneId } from '../../core/documents/push-lane.ts';
import type { PushProblem, ShardDocument } from '../../core/documents/shard.ts';
import { readPath } from '../../core/field-path.ts';
import { setPath } from '../../core/identity/survivorship.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { linkIdOf } from '../../core/observation.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { integrationOfKey, isMadeOf, routeKeyOf } from '../../core/two-way/doubtful-creates.ts';
import { markPushes } from '../../core/two-way/push-routes.ts';
import { findIntegration } from '../find-integration.ts';
import { type LoadedRoute, loadPushRoutes } from '../load-push-routes.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import { putShard } from '../put-shards.ts';
import { recordAudit } from '../record-audit.ts';
import { applyAnswers } from './apply-answers.ts';
import { fetchRecords } from './fetch-records.ts';
import { openLane } from './lane-work.ts';
import { resumeLane } from './resume-push.ts';

/**
 * Has a shard written again. Of a create that may have happened, a person says which record it made, or that it made none. A record that was taken
 * for somebody new meanwhile makes its shard and this one one.
 *
 * @throws AppError `not-found`, `wrong-state`, `in-use`, `not-connected`, `provider-failed`
 */
export async function retryPush(
  deps: Deps,
  scope: Scope,
  { params, body }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { integrationId, shardId } = params;
  await findIntegration(deps, scope, integrationId);
  const lane = await deps.pushLanes.get(scope, { id: pushLaneId(integrationId) });
  const shard = (await followForwarding(deps, scope, [shardId])).get(shardId)?.stored?.document;
  if (shard === undefined || lane === undefined) throw new AppError('not-found', { detail: 'There is no such shard.' });
  const found = findProblem(shard, integrationId, body?.object);
  if (found.problem.state === 'held' && body?.created === undefined) {
    const detail = 'The provider may have created the record: say which one it is in "created", or false.';
    throw new AppError('wrong-state', { detail });
  }
  if (typeof body?.created === 'object') await adopt(deps, scope, lane, { shard, ...found, ...body.created });
  await forgetProblem(deps, scope, shard.id, found.key);
  await resumeLane(deps, scope, integrationId);
  await recordAudit(deps, scope, { action: 'push.retried', subject: shard.id, detail: integrationId });
  return { body: describePush(lane.document, deps.now()) };
}

interface FoundProblem {
  readonly key: string;
  readonly problem: PushProblem;
}

function findProblem(shard: ShardDocument, integrationId: string, object: string | undefined): FoundProblem {
  const open = Object.entries(shard.pushProblems ?? {}).filter(([key]) =>
    object === undefined ? integrationOfKey(key) === integrationId : key === routeKeyOf({ integrationId, object }),
  );
  const [first, another] = open;
  if (first === undefined)
    throw new AppError('wrong-state', { detail: 'Nothing of the shard waits to be written again.' });
  if (another !== undefined) throw new AppError('wrong-state', { detail: 'Several objects do: name one in "object".' });
  return { key: first[0], problem: first[1] };
}

/** Ties the record that was created after all to its shard, as if the provider had answered. */
async function adopt(
  deps: Deps,
  scope: Scope,
  lane: Stored<PushLaneDocument>,
  { shard, key, problem, externalId }: FoundProblem & { shard: ShardDocument; externalId: string },
): Promise<void> {
  const work = await openLane(deps, scope, { holder: deps.newId('message'), claim: 0, stored: lane });
  const route = work.own.find((each) => each.shardTypeId === shard.shardTypeId && routeKeyOf(each) === key);
  if (route === undefined) {
    throw new AppError('wrong-state', { detail: 'No task pushes there at present: the record cannot be compared.' });
  }
  const linkId = linkIdOf(route.integrationId, route.object, externalId, route.shardTypeId);
  const owner = await findOwner(deps, scope, linkId);
  if (owner !== undefined && owner.id !== shard.id && !isMadeOf(owner, linkId)) {
    throw new AppError('in-use', { detail: `Record ${externalId} belongs to shard ${owner.id}.` });
  }
  const [change] = await readRecord(work, route, externalId);
  if (change === 'missing') throw new AppError('not-found', { detail: `There is no record ${externalId} there.` });
  const intent = intentOf(shard, route, problem);
  await applyAnswers(work, route, [
    { intent, externalId, written: true, looked: true, ...(change === undefined ? {} : { change }) },
  ]);
}

async function findOwner(deps: Deps, scope: Scope, linkId: string): Promise<ShardDocument | undefined> {
  const link = await deps.links.get(scope, { id: linkId });
  if (link === undefined) return undefined;
  const { shardId } = link.document;
  return (await followForwarding(deps, scope, [shardId])).get(shardId)?.stored?.document;
}

/** The create as it was sent. Where that was not kept, what the shard says now has to stand for it. */
function intentOf(shard: ShardDocument, route: LoadedRoute, { print, sent }: PushProblem): PushIntent {
  const { data, fields } = sent ?? { data: pick(shard, route), fields: route.paths.map((path) => path.join('.')) };
  return {
    shardId: shard.id,
    shardTypeId: shard.shardTypeId,
    object: route.object,
    kind: 'create',
    print,
    data,
    fields,
    body: data,
  };
}

function pick({ data }: ShardDocument, { paths }: LoadedRoute): JsonObject {
  const picked: JsonObject = {};
  for (const path of paths) setPath(picked, path, readPath(data, path) as Json | undefined);
  return picked;
}

async function readRecord(work: Awaited<ReturnType<typeof openLane>>, route: LoadedRoute, externalId: string) {
  const found = await fetchRecords(work, route, [externalId]);
  if (found instanceof AdapterFailure) throw new AppError('provider-failed', { detail: found.message });
  return found;
}

async function forgetProblem(deps: Deps, scope: Scope, shardId: string, key: string): Promise<void> {
  const routes = await loadPushRoutes(deps, scope);
  for (;;) {
    const before = (await followForwarding(deps, scope, [shardId])).get(shardId)?.stored;
    if (before?.document.pushProblems?.[key] === undefined) return;
    const { [key]: _problem, ...pushProblems } = before.document.pushProblems;
    const document = markPushes({ ...before.document, pushProblems }, routes);
    if ((await putShard(deps, scope, { before, document })).ok) return;
  }
}
