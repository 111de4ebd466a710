import { AdapterFailure, type ExternalChange } from '../../core/adapter.ts';
import type { PushIntent, PushLaneDocument } from '../../core/documents/push-lane.ts';
import type { JsonObject } from '../../core/json.ts';
import { linkIdOf } from '../../core/observation.ts';
import { isMadeOf, isTaken } from '../../core/two-way/doubtful-creates.ts';
import type { LoadedRoute } from '../load-push-routes.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import { applyAnswers, type PushAnswer } from './apply-answers.ts';
import { fetchRecords } from './fetch-records.ts';
import { describeObject, type LaneWork } from './lane-work.ts';
import { type NotedProblem, noteProblems } from './note-problems.ts';
import { shows } from './shows.ts';
import { type BatchEnd, doubt, linkedShards, send, takeOutcomes, unreadable } from './write-batch.ts';

/** What settling came to; `againInMs` when it is too early to say. */
export interface Settled extends BatchEnd {
  readonly againInMs?: number | undefined;
}

type SentBatch = Pick<NonNullable<PushLaneDocument['batch']>, 'sentAtMs' | 'endedAtMs'>;

/** Finds out what became of writes whose outcome nobody knows: by reading the records, by sending a create again that cannot happen twice, or by looking for it. */
export async function settleIntents(
  work: LaneWork,
  route: LoadedRoute,
  intents: readonly PushIntent[],
  batch: SentBatch,
): Promise<Settled> {
  const creates = intents.filter(({ kind }) => kind === 'create');
  const others = intents.filter(({ kind }) => kind !== 'create');
  const failure = others.length === 0 ? undefined : await settleWrites(work, route, others);
  if (failure !== undefined) return { unknown: intents, failure };
  const open = await withoutSupposed(work, route, creates);
  return open.length === 0 ? { unknown: [] } : settleCreates(work, route, open, batch);
}

/** A record that shows all that was sent was taken for what the create has made: it is not sent again, nor looked for. */
async function withoutSupposed(
  { deps, scope, integration }: LaneWork,
  route: LoadedRoute,
  creates: readonly PushIntent[],
): Promise<readonly PushIntent[]> {
  if (creates.length === 0) return creates;
  const shards = await followForwarding(
    deps,
    scope,
    creates.map(({ shardId }) => shardId),
  );
  const place = { integrationId: integration.id, object: route.object, externalId: '' };
  return creates.filter(({ shardId }) => {
    const shard = shards.get(shardId)?.stored?.document;
    return shard === undefined || !isTaken(shard, place, shardId);
  });
}

/** A record that can be read tells. One that cannot is written again: the same values come to the same. */
async function settleWrites(
  work: LaneWork,
  route: LoadedRoute,
  intents: readonly PushIntent[],
): Promise<AdapterFailure | undefined> {
  const found = await fetchRecords(
    work,
    route,
    intents.map(({ externalId = '' }) => externalId),
  );
  if (found instanceof AdapterFailure) return found;
  const answers: PushAnswer[] = [];
  for (const [index, intent] of intents.entries()) {
    const { externalId = '' } = intent;
    const record = found[index];
    if (record === undefined) continue;
    if (record === 'missing') {
      const isOurs = intent.kind === 'delete';
      if (isOurs || route.mirrors) answers.push({ intent, externalId, gone: true, written: isOurs });
    } else {
      const written = intent.kind === 'update' && (await shows(work, route, record, intent));
      answers.push({ intent, externalId, change: record, written });
    }
  }
  const unread = (await applyAnswers(work, route, answers)).filter(({ reason }) => reason !== undefined);
  await noteProblems(work, route, unread.map(unreadable));
  return undefined;
}

async function settleCreates(
  work: LaneWork,
  route: LoadedRoute,
  intents: readonly PushIntent[],
  { sentAtMs, endedAtMs = sentAtMs }: SentBatch,
): Promise<Settled> {
  const { writes } = describeObject(work, route);
  const nowMs = work.deps.now().getTime();
  // Another host may have sent it: their clocks differ by less than a lease lasts, or leases would mean nothing.
  const latestMs = nowMs + work.deps.engine.leaseMs;
  if (writes?.idempotentCreate === true && latestMs < sentAtMs + (writes.keyHoldsMs ?? Number.POSITIVE_INFINITY)) {
    const outcomes = await send(work, route, intents);
    if (outcomes instanceof AdapterFailure) return { unknown: intents, failure: outcomes };
    const end = await takeOutcomes(work, route, intents, outcomes, true);
    const unsent = intents.filter((_, index) => outcomes[index]?.kind === 'not-written');
    return { ...end, unknown: [...end.unknown, ...unsent] };
  }
  if (writes?.findsCreated !== undefined && work.adapter.findCreated !== undefined) {
    const againInMs = endedAtMs + writes.findsCreated.afterMs + work.deps.engine.leaseMs - nowMs;
    if (againInMs > 0) return { unknown: intents, againInMs };
    return findCreates(work, route, intents, sentAtMs);
  }
  await noteProblems(
    work,
    route,
    intents.map((intent) => doubt(intent, 'The provider did not say whether it created the record.')),
  );
  return { unknown: [] };
}

async function findCreates(
  work: LaneWork,
  route: LoadedRoute,
  intents: readonly PushIntent[],
  sentAtMs: number,
): Promise<Settled> {
  const { adapter, call } = work;
  try {
    const found = await adapter.findCreated?.(call, {
      object: route.planned.object,
      creates: intents.map(({ idempotencyKey = '', body }) => ({ idempotencyKey, record: body as JsonObject })),
    });
    const answers: PushAnswer[] = [];
    const problems: NotedProblem[] = [];
    for (const [index, intent] of intents.entries()) {
      const record = found?.[index];
      // Not found is not created: the shard still lacks it, and it is created with the next batch.
      if (record?.kind === 'unclear') problems.push(doubt(intent, record.reason));
      if (record?.kind !== 'change') continue;
      const { change } = record;
      const { externalId } = change;
      const other = record.alike === true ? await shardOfOther(work, route, intent, sentAtMs, change) : undefined;
      if (other === undefined) answers.push({ intent, externalId, change, written: true, looked: true });
      else
        problems.push(doubt(intent, `Record ${externalId} there has the same value, and is that of shard ${other}.`));
    }
    await applyAnswers(work, route, answers);
    await noteProblems(work, route, problems);
    return { unknown: [] };
  } catch (error) {
    if (error instanceof AdapterFailure) return { unknown: intents, failure: error };
    throw error;
  }
}

/**
 * The shard whose record was found, should it be another's that only has the value in common by which was looked. One that was taken for somebody new since
 * the create was sent, and shows all that was sent, is what it has made.
 */
async function shardOfOther(
  work: LaneWork,
  route: LoadedRoute,
  intent: PushIntent,
  sentAtMs: number,
  change: ExternalChange,
): Promise<string | undefined> {
  const { deps, scope, integration } = work;
  const [shardId] = await linkedShards(work, route, [change]);
  if (shardId === undefined) return undefined;
  const survivors = await followForwarding(deps, scope, [shardId, intent.shardId]);
  const owner = survivors.get(shardId);
  if (owner === undefined || owner.id === survivors.get(intent.shardId)?.id) return undefined;
  const shard = owner.stored?.document;
  const linkId = linkIdOf(integration.id, route.object, change.externalId, route.shardTypeId);
  // The clocks of hosts differ by less than a lease lasts.
  const isNew =
    shard === undefined || (isMadeOf(shard, linkId) && Date.parse(shard.createdAt) >= sentAtMs - deps.engine.leaseMs);
  return isNew && (await shows(work, route, change, intent)) ? undefined : owner.id;
}

/** Creates of which only a person can say whether they happened, because nothing is pushed there any more. */
export async function holdCreates(work: LaneWork, intents: readonly PushIntent[]): Promise<void> {
  const creates = intents.filter(({ kind }) => kind === 'create');
  for (const [object, own] of Map.groupBy(creates, (intent) => intent.object)) {
    const reason = 'Its task stopped pushing before it was known whether the provider had created the record.';
    const place = { integrationId: work.integration.id, object };
    await noteProblems(
      work,
      place,
      own.map((intent) => doubt(intent, reason)),
    );
  }
}
