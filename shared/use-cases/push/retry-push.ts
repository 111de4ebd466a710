import type { retryPush as route } from '../../contracts/pushes.ts';
import { AdapterFailure } from '../../core/adapter.ts';
import { AppError } from '../../core/app-error.ts';
import { describePush } from '../../core/describe-push.ts';
import { type PushLaneDocument, pushLaneId } from '../../core/documents/push-lane.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { linkIdOf } from '../../core/observation.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { planPush } from '../../core/two-way/plan-push.ts';
import { markPushes, routeKeyOf } from '../../core/two-way/push-routes.ts';
import { answerQuestions } from '../answer-questions.ts';
import { findIntegration } from '../find-integration.ts';
import { type LoadedRoute, loadPushRoutes } from '../load-push-routes.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import { putShard } from '../put-shards.ts';
import { recordAudit } from '../record-audit.ts';
import { applyAnswers } from './apply-answers.ts';
import { fetchRecords } from './fetch-records.ts';
import { openLane, toolsOf } from './lane-work.ts';
import { resumeLane } from './resume-push.ts';

/**
 * Has a shard written again. Of a create that may have happened, a person says which record it made, or that it made none.
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
  const shard = await deps.shards.get(scope, { id: shardId });
  if (shard === undefined || lane === undefined) throw new AppError('not-found', { detail: 'There is no such shard.' });
  const found = await findProblem(deps, scope, shard.document, integrationId, body?.object);
  if (found.isHeld && body?.created === undefined) {
    const detail = 'The provider may have created the record: say which one it is in "created", or false.';
    throw new AppError('wrong-state', { detail });
  }
  if (typeof body?.created === 'object') {
    await adopt(deps, scope, lane, { shard: shard.document, route: found.route, externalId: body.created.externalId });
  }
  await forgetProblem(deps, scope, shardId, found.route);
  await resumeLane(deps, scope, integrationId);
  await recordAudit(deps, scope, { action: 'push.retried', subject: shardId, detail: integrationId });
  return { body: describePush(lane.document, deps.now()) };
}

async function findProblem(
  deps: Deps,
  scope: Scope,
  shard: ShardDocument,
  integrationId: string,
  object: string | undefined,
): Promise<{ route: LoadedRoute; isHeld: boolean }> {
  const routes = await loadPushRoutes(deps, scope, integrationId);
  const open = routes.filter(
    (route) =>
      route.shardTypeId === shard.shardTypeId &&
      shard.pushProblems?.[routeKeyOf(route)] !== undefined &&
      (object === undefined || route.object === object),
  );
  const [route, another] = open;
  if (route === undefined)
    throw new AppError('wrong-state', { detail: 'Nothing of the shard waits to be written again.' });
  if (another !== undefined) throw new AppError('wrong-state', { detail: 'Several objects do: name one in "object".' });
  return { route, isHeld: shard.pushProblems?.[routeKeyOf(route)]?.state === 'held' };
}

/** Ties the record that was created after all to its shard, as if the provider had answered. */
async function adopt(
  deps: Deps,
  scope: Scope,
  lane: Stored<PushLaneDocument>,
  { shard, route, externalId }: { shard: ShardDocument; route: LoadedRoute; externalId: string },
): Promise<void> {
  const { integrationId } = route;
  const linkId = linkIdOf(integrationId, route.object, externalId, route.shardTypeId);
  const owner = await findOwner(deps, scope, linkId);
  if (owner !== undefined && owner.id !== shard.id && !isMadeOf(owner, linkId)) {
    throw new AppError('in-use', { detail: `Record ${externalId} belongs to shard ${owner.id}.` });
  }
  const work = await openLane(deps, scope, { holder: deps.newId('message'), stored: lane });
  const [change] = await readRecord(work, route, externalId);
  if (change === 'missing') throw new AppError('not-found', { detail: `There is no record ${externalId} there.` });
  const { reverter } = await toolsOf(work, route);
  const answer = answerQuestions(deps, scope, integrationId);
  const plan = await planPush([shard], route, reverter, answer);
  const intent = plan.intents.find(({ kind }) => kind === 'create');
  if (intent === undefined) throw new AppError('wrong-state', { detail: 'The shard has a record there.' });
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

/** Nobody was known of whom it was a record: it was seen before anybody could say whose it is, and taken for somebody new, who is now one with the shard. */
function isMadeOf({ createdIn, sources }: ShardDocument, linkId: string): boolean {
  return createdIn !== undefined && sources[linkId]?.addedIn === createdIn;
}

async function readRecord(work: Awaited<ReturnType<typeof openLane>>, route: LoadedRoute, externalId: string) {
  const found = await fetchRecords(work, route, [externalId]);
  if (found instanceof AdapterFailure) throw new AppError('provider-failed', { detail: found.message });
  return found;
}

async function forgetProblem(deps: Deps, scope: Scope, shardId: string, route: LoadedRoute): Promise<void> {
  const routes = await loadPushRoutes(deps, scope);
  for (;;) {
    const before = await deps.shards.get(scope, { id: shardId });
    const key = routeKeyOf(route);
    if (before?.document.pushProblems?.[key] === undefined) return;
    const { [key]: _problem, ...pushProblems } = before.document.pushProblems;
    const document = markPushes({ ...before.document, pushProblems }, routes);
    if ((await putShard(deps, scope, { before, document })).ok) return;
  }
}
