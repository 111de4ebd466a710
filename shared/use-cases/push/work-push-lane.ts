import { AdapterFailure } from '../../core/adapter.ts';
import { AppError } from '../../core/app-error.ts';
import type { PushIntent } from '../../core/documents/push-lane.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import type { PushChangesEnvelope } from '../../core/envelope.ts';
import { failureReactions, reactTo } from '../../core/failure-reactions.ts';
import type { Deps } from '../../core/ports.ts';
import { type Scope, systemScope } from '../../core/scope.ts';
import { planPush } from '../../core/two-way/plan-push.ts';
import { markPushes, pushNeeds } from '../../core/two-way/push-routes.ts';
import { answerQuestions } from '../answer-questions.ts';
import { type LoadedRoute, loadPushRoutes } from '../load-push-routes.ts';
import { reportFailingConnection } from '../report-failing-connection.ts';
import { findDoubtful } from './find-doubtful.ts';
import { finishLane, type HeldLane, LaneLost, pauseLane, releaseLane, saveLane, takeLane, wakeLane } from './lane.ts';
import { describeObject, type LaneWork, openLane, toolsOf } from './lane-work.ts';
import { lookFirst } from './look-first.ts';
import { noteProblems, remark } from './note-problems.ts';
import { scanShards } from './scan-shards.ts';
import { holdCreates, settleIntents } from './settle-batch.ts';
import { refusal, writeBatch } from './write-batch.ts';

/** Shards looked at together. */
const shardsPerRound = 100;
/** A batch is written down in one document. */
const mostBatchBytes = 1_000_000;
/** A shard that is written more often than this in one slice is fought over: the lane lets some time pass. */
const mostRounds = 5;
/** What no waiting mends is looked at again after this long, or when the connection is changed. */
const longPauseMs = 15 * 60_000;

/**
 * Writes what an integration lacks, batch after batch, for one slice. What is to be written is in the shards: repeating or losing the message does no
 * harm. One worker has the lane; what it writes is written down first, so that the next one can find out what became of it.
 *
 * Resolves when the message is done with; rejects when it is to be delivered again.
 */
export async function workPushLane(deps: Deps, envelope: PushChangesEnvelope): Promise<void> {
  const scope = systemScope(envelope.tenantId, 'push-changes', envelope.traceparent);
  const lane = await takeLane(deps, scope, envelope);
  if (lane === undefined) return;
  try {
    await workOn(deps, scope, lane);
  } catch (error) {
    if (error instanceof LaneLost) return;
    throw error;
  }
}

async function workOn(deps: Deps, scope: Scope, lane: HeldLane): Promise<void> {
  const startedAtMs = deps.now().getTime();
  const work = await open(deps, scope, lane);
  if (work === undefined) return;
  while (deps.now().getTime() - startedAtMs < deps.engine.sliceMs) if (!(await takeStep(work))) return;
  await releaseLane(deps, scope, lane);
  await wakeLane(deps, scope, lane.stored.document.integrationId);
}

/** `undefined` when nothing can be written: then the lane was let go. */
async function open(deps: Deps, scope: Scope, lane: HeldLane): Promise<LaneWork | undefined> {
  try {
    return await openLane(deps, scope, lane);
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
    if (error.code === 'not-found') await abandonLane(deps, scope, lane);
    else await rest(deps, scope, lane, longPauseMs, error.detail ?? 'The integration is not connected.');
    return undefined;
  }
}

/** The integration is gone: nothing is lacking there any more, and nobody is to look again. */
async function abandonLane(deps: Deps, scope: Scope, lane: HeldLane): Promise<void> {
  const { id, integrationId } = lane.stored.document;
  const routes = await loadPushRoutes(deps, scope);
  for (;;) {
    const listed = await deps.shards.list(scope, {
      filters: [{ field: `push.${integrationId}`, is: 'equal', value: 'pending' }],
      order: 'ascending',
      limit: shardsPerRound,
    });
    if (listed.length === 0) break;
    await saveLane(deps, scope, lane, {});
    await remark(
      { deps, scope, routes },
      listed.map(({ document }) => document.id),
    );
  }
  await deps.pushLanes.remove(scope, { id }, lane.stored.etag);
}

/** Settles what is in doubt, looks for what is lacking, or writes a batch of it. False when the lane was let go. */
async function takeStep(work: LaneWork): Promise<boolean> {
  const { deps, scope, lane } = work;
  const { batch, scan } = lane.stored.document;
  if (batch !== undefined) return settleBatch(work);
  if (scan !== undefined) {
    await scanShards(work, scan);
    return true;
  }
  const shards = await findPending(work);
  return shards.length > 0 ? pushSome(work, shards) : !(await finishLane(deps, scope, lane));
}

/** The list may lag behind: what it names is read. Those that lack nothing are marked so; the clock looks again after those that are in doubt. */
async function findPending(work: LaneWork): Promise<ShardDocument[]> {
  const { deps, scope, lane, routes } = work;
  const { integrationId } = lane.stored.document;
  for (let afterId: string | undefined; ; ) {
    const listed = await deps.shards.list(scope, {
      filters: [{ field: `push.${integrationId}`, is: 'equal', value: 'pending' }],
      order: 'ascending',
      afterId,
      limit: shardsPerRound,
    });
    const isDoubtful = await findDoubtful(
      work,
      listed.map(({ document }) => document),
    );
    const read = await deps.shards.getMany(
      scope,
      listed.map(({ document }) => ({ id: document.id })),
    );
    const shards = read.flatMap((stored) => stored?.document ?? []);
    const isPending = (shard: ShardDocument) => markPushes(shard, routes).push?.[integrationId] === 'pending';
    const idle = shards.filter((shard) => !isPending(shard)).map(({ id }) => id);
    if (idle.length > 0) await remark({ deps, scope, routes }, idle);
    const pending = shards.filter((shard) => isPending(shard) && !isDoubtful(shard));
    if (pending.length > 0 || listed.length < shardsPerRound) return pending;
    afterId = listed.at(-1)?.document.id;
  }
}

/** Writes what these shards lack on the first route where they lack something. False when the lane was let go. */
async function pushSome(work: LaneWork, shards: readonly ShardDocument[]): Promise<boolean> {
  const { deps, scope, lane } = work;
  for (const route of work.own) {
    const lacking = shards.filter((shard) => pushNeeds(shard, route).length > 0 && isOpen(shard, route, work));
    if (lacking.length === 0) continue;
    if (isFoughtOver(work, lacking)) {
      await rest(deps, scope, lane, deps.engine.retryBaseMs, 'Records keep changing while they are written.');
      return false;
    }
    const { reverter } = await toolsOf(work, route);
    const answer = answerQuestions(deps, scope, lane.stored.document.integrationId);
    const plan = await planPush(lacking, route, reverter, answer);
    const reason = 'The shard cannot be converted to a record.';
    await noteProblems(
      work,
      route,
      plan.unwritable.map((each) => refusal(each, reason, [...each.errors])),
    );
    for (const batch of cut(plan.intents, describeObject(work, route).writes?.batchSize ?? 1)) {
      if (!(await pushBatch(work, route, batch))) return false;
    }
    return true;
  }
  return true;
}

/** Writes one batch. False when the lane was let go. */
async function pushBatch(work: LaneWork, route: LoadedRoute, batch: readonly PushIntent[]): Promise<boolean> {
  const { deps, scope, lane } = work;
  const intents = await lookFirst(work, route, batch);
  if (intents instanceof AdapterFailure) {
    await restAfter(work, intents);
    return false;
  }
  if (intents.length === 0) return true;
  const sentAtMs = deps.now().getTime();
  await saveLane(deps, scope, lane, { batch: { id: deps.newId('message'), sentAtMs, intents: [...intents] } });
  return endBatch(work, await writeBatch(work, route, intents));
}

/** A route whose refusal stands is left alone, also where another one of the integration lacks something. */
function isOpen(shard: ShardDocument, route: LoadedRoute, { lane }: LaneWork): boolean {
  return markPushes(shard, [route]).push?.[lane.stored.document.integrationId] === 'pending';
}

function cut(intents: readonly PushIntent[], size: number): PushIntent[][] {
  const batches: PushIntent[][] = [];
  let bytes = 0;
  for (const intent of intents) {
    const last = batches.at(-1);
    const more = Buffer.byteLength(JSON.stringify(intent));
    if (last === undefined || last.length >= size || bytes + more > mostBatchBytes) {
      batches.push([intent]);
      bytes = more;
    } else {
      last.push(intent);
      bytes += more;
    }
  }
  return batches;
}

function isFoughtOver({ rounds }: LaneWork, shards: readonly ShardDocument[]): boolean {
  for (const { id } of shards) rounds.set(id, (rounds.get(id) ?? 0) + 1);
  return shards.some(({ id }) => (rounds.get(id) ?? 0) > mostRounds);
}

/** What is unknown stays written down. */
async function endBatch(
  work: LaneWork,
  { unknown, failure, againInMs }: Awaited<ReturnType<typeof settleIntents>>,
): Promise<boolean> {
  const { deps, scope, lane } = work;
  const { batch, attempt } = lane.stored.document;
  const endedAtMs = batch?.endedAtMs ?? deps.now().getTime();
  const left = unknown.length === 0 || batch === undefined ? undefined : { ...batch, endedAtMs, intents: [...unknown] };
  const isWell = failure === undefined && left === undefined;
  await saveLane(deps, scope, lane, { batch: left, ...(isWell ? { attempt: 0, problem: undefined } : {}) });
  if (failure !== undefined) {
    await restAfter(work, failure);
    return false;
  }
  if (left === undefined) return true;
  const pauseMs = againInMs ?? backoffMs(deps, attempt);
  await rest(deps, scope, lane, pauseMs, 'It is not known whether the provider has taken the last writes.');
  return false;
}

/** Someone else's batch, or one whose answer was lost. False when the lane was let go. */
async function settleBatch(work: LaneWork): Promise<boolean> {
  const { batch } = work.lane.stored.document;
  if (batch === undefined) return true;
  const unknown: PushIntent[] = [];
  let failure: AdapterFailure | undefined;
  let againInMs: number | undefined;
  const byRoute = Map.groupBy(batch.intents, ({ object, shardTypeId }) =>
    work.own.find((route) => route.object === object && route.shardTypeId === shardTypeId),
  );
  for (const [route, intents] of byRoute) {
    if (route === undefined) {
      await holdCreates(work, intents);
      continue;
    }
    const end = failure === undefined ? await settleIntents(work, route, intents, batch) : { unknown: intents };
    unknown.push(...end.unknown);
    failure ??= end.failure;
    if ('againInMs' in end && end.againInMs !== undefined) againInMs = Math.max(againInMs ?? 0, end.againInMs);
  }
  return endBatch(work, { unknown, failure, againInMs });
}

/** The provider failed: the lane waits as it asks, or by backoff, and goes on; pushing never stops for good. */
async function restAfter(work: LaneWork, failure: AdapterFailure): Promise<void> {
  const { deps, scope, lane, integration } = work;
  const { attempt } = lane.stored.document;
  if (failureReactions[failure.kind].pausesConnection === true)
    await reportFailingConnection(deps, scope, integration.id, integration.connection, failure.message);
  const step = reactTo(failure, 1, true, deps.engine, deps.random());
  const pauseMs = step.kind === 'wait' ? (failure.retryAfterMs ?? backoffMs(deps, attempt)) : longPauseMs;
  await rest(deps, scope, lane, pauseMs, failure.message);
}

function backoffMs({ engine, random }: Pick<Deps, 'engine' | 'random'>, attempt: number): number {
  const ceiling = Math.min(engine.retryMaxMs, engine.retryBaseMs * 2 ** Math.min(attempt, 20));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}

async function rest(deps: Deps, scope: Scope, lane: HeldLane, pauseMs: number, problem: string): Promise<void> {
  const until = new Date(deps.now().getTime() + pauseMs).toISOString();
  const { attempt, integrationId } = lane.stored.document;
  await pauseLane(deps, scope, lane, { until, problem, attempt: attempt + 1 });
  await wakeLane(deps, scope, integrationId, pauseMs);
}
