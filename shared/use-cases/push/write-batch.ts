import { AdapterFailure, type ExternalChange } from '../../core/adapter.ts';
import type { PushOperation, PushOutcome } from '../../core/adapter-writes.ts';
import type { PushIntent } from '../../core/documents/push-lane.ts';
import type { JsonObject } from '../../core/json.ts';
import { linkIdOf } from '../../core/observation.ts';
import { keepSent } from '../../core/two-way/doubtful-creates.ts';
import type { LoadedRoute } from '../load-push-routes.ts';
import { applyAnswers, type PushAnswer, type Unread } from './apply-answers.ts';
import { fetchRecords } from './fetch-records.ts';
import { findMakers } from './find-makers.ts';
import { findUnmoved } from './find-unmoved.ts';
import { saveLane } from './lane.ts';
import type { LaneWork } from './lane-work.ts';
import { type NotedProblem, noteProblems } from './note-problems.ts';

/** What is left of a batch: writes whose outcome nobody knows, and why the provider took no more. */
export interface BatchEnd {
  readonly unknown: readonly PushIntent[];
  readonly failure?: AdapterFailure | undefined;
}

/**
 * Sends a batch that was written down, and gives the shards what came of it.
 *
 * @throws what leaves the batch in doubt: it is settled by whoever holds the lane next
 */
export async function writeBatch(
  work: LaneWork,
  route: LoadedRoute,
  intents: readonly PushIntent[],
): Promise<BatchEnd> {
  // A value that the provider writes its own way may come to the same there: then there is nothing to send.
  const [idle, sent] = [intents.filter(isIdle), intents.filter((intent) => !isIdle(intent))];
  const idleAnswers = idle.map((intent) => ({ intent, externalId: intent.externalId ?? '', written: true }));
  await applyAnswers(work, route, idleAnswers);
  if (sent.length === 0) return { unknown: [] };
  const outcomes = await send(work, route, sent);
  // An adapter should not throw what may have written something; should it do so, nothing is known.
  if (outcomes instanceof AdapterFailure) return { unknown: outcomes.wroteNothing ? [] : sent, failure: outcomes };
  return takeOutcomes(work, route, sent, outcomes);
}

function isIdle({ kind, body }: PushIntent): boolean {
  return kind === 'update' && Object.keys(body).length === 0;
}

/** While the provider is busy, the lane shows that it is being worked on. */
export async function send(
  { deps, scope, lane, adapter, call }: LaneWork,
  { planned }: LoadedRoute,
  intents: readonly PushIntent[],
): Promise<readonly PushOutcome[] | AdapterFailure> {
  if (adapter.push === undefined) return new AdapterFailure('forbidden', 'The provider takes no records.');
  const stop = deps.every(deps.engine.leaseMs / 4, () => saveLane(deps, scope, lane, {}));
  try {
    const outcomes = await adapter.push(call, { object: planned.object, operations: intents.map(operationOf) });
    if (outcomes.length !== intents.length) {
      throw new Error(`${adapter.id} gave ${outcomes.length} outcomes for ${intents.length} writes`);
    }
    return outcomes;
  } catch (error) {
    if (error instanceof AdapterFailure) return error;
    throw error;
  } finally {
    stop();
  }
}

function operationOf({ kind, body, externalId = '', idempotencyKey = '', expected }: PushIntent): PushOperation {
  const known = expected === undefined ? {} : { expected };
  if (kind === 'create') return { kind, idempotencyKey, record: body as JsonObject };
  return kind === 'update' ? { kind, externalId, patch: body as JsonObject, ...known } : { kind, externalId, ...known };
}

interface Sorted {
  readonly answers: PushAnswer[];
  readonly problems: NotedProblem[];
  readonly unknown: PushIntent[];
  /** Records to be read: what they are now decides. */
  readonly looks: { readonly intent: PushIntent; readonly externalId: string; readonly written: boolean }[];
  failure: AdapterFailure | undefined;
}

/**
 * Gives the shards what the outcomes say.
 *
 * @param isAgain they were sent again: what was written the first time may have been changed since
 */
export async function takeOutcomes(
  work: LaneWork,
  route: LoadedRoute,
  intents: readonly PushIntent[],
  outcomes: readonly PushOutcome[],
  isAgain = false,
): Promise<BatchEnd> {
  const sorted: Sorted = { answers: [], problems: [], unknown: [], looks: [], failure: undefined };
  for (const [index, intent] of intents.entries()) {
    const outcome = outcomes[index];
    if (outcome !== undefined) sort(route, sorted, intent, outcome);
  }
  const failure = await lookAt(work, route, sorted);
  const answers = isAgain ? sorted.answers.map((each) => ({ ...each, looked: true as const })) : sorted.answers;
  const unread = (await applyAnswers(work, route, answers)).map(unreadable);
  const unmoved = (await findUnmoved(work, route, answers)).map((intent) => refusal(intent, nothingNew));
  const problems = [...sorted.problems, ...unmoved, ...unread];
  await noteProblems(work, route, isAgain ? doubtRefusals(intents, problems) : problems);
  await count(work, sorted);
  const unseen = isAgain && failure !== undefined ? sorted.looks.filter(({ written }) => !written) : [];
  const unknown = [...sorted.unknown, ...unseen.map(({ intent }) => intent)];
  return { unknown, failure: sorted.failure ?? failure };
}

function sort(route: LoadedRoute, sorted: Sorted, intent: PushIntent, outcome: PushOutcome): void {
  const { externalId = '' } = intent;
  switch (outcome.kind) {
    case 'written':
      if (intent.kind === 'delete') sorted.answers.push({ intent, externalId, gone: true, written: true });
      else if (outcome.change === undefined)
        sorted.looks.push({ intent, externalId: outcome.externalId, written: true });
      else sorted.answers.push({ intent, externalId: outcome.externalId, change: outcome.change, written: true });
      return;
    case 'missing':
      if (intent.kind === 'delete') sorted.answers.push({ intent, externalId, gone: true, written: true });
      else if (intent.kind === 'update' && route.mirrors)
        sorted.answers.push({ intent, externalId, gone: true, written: false });
      else sorted.problems.push(refusal(intent, 'The record is no longer there.'));
      return;
    case 'conflict':
      sorted.looks.push({ intent, externalId, written: false });
      return;
    case 'exists':
      if (outcome.externalId === undefined)
        sorted.problems.push(refusal(intent, 'There is a record there that has the same unique value.'));
      else sorted.looks.push({ intent, externalId: outcome.externalId, written: false });
      return;
    case 'rejected': {
      const errors = outcome.fields?.map(({ field, message }) => ({ field, message }));
      sorted.problems.push(refusal(intent, outcome.reason, errors));
      return;
    }
    case 'unknown':
      sorted.unknown.push(intent);
      return;
    case 'not-written':
      sorted.failure ??= outcome.failure;
  }
}

export function refusal(
  { shardId, print }: Pick<PushIntent, 'shardId' | 'print'>,
  reason: string,
  errors?: { field: string; message: string }[],
): NotedProblem {
  return { shardId, problem: { state: 'failed', print, reason, ...(errors === undefined ? {} : { errors }) } };
}

const nothingNew = 'The provider takes the record to have moved on, and shows nothing new of it.';

/** Only a person can say whether a create has made its record. */
export function doubt(intent: PushIntent, reason: string): NotedProblem {
  const { shardId, print } = intent;
  return { shardId, problem: { state: 'held', print, reason, ...keepSent(intent) } };
}

/** Of creates that were sent again: that they are refused says nothing of the first time, and what is said to be there may be what that made. */
function doubtRefusals(intents: readonly PushIntent[], problems: readonly NotedProblem[]): NotedProblem[] {
  const again = 'It may have created the record the first time, and refused it when it was sent again';
  return problems.flatMap(({ shardId, problem }) =>
    intents
      .filter((intent) => intent.shardId === shardId)
      .map((intent) => doubt(intent, `${again}: ${problem.reason}`)),
  );
}

/** What changed there is not known, and is not to be written over. It is tried again when the record is another one, or somebody says so. */
export function unreadable({ intent, reason = 'It is none that the mapping is for.' }: Unread): NotedProblem {
  return refusal(intent, `The record has changed there, and could not be read. ${reason}`);
}

/** Reads what the provider did not tell. @returns why it could not be read */
async function lookAt(work: LaneWork, route: LoadedRoute, sorted: Sorted): Promise<AdapterFailure | undefined> {
  if (sorted.looks.length === 0) return undefined;
  const found = await fetchRecords(
    work,
    route,
    sorted.looks.map(({ externalId }) => externalId),
  );
  const shardOf = await linkedShards(work, route, sorted.looks);
  const makers = await findMakersOf(work, route, sorted, found);
  for (const [index, look] of sorted.looks.entries()) {
    const change = found instanceof AdapterFailure ? undefined : found[index];
    const reason = whyNotThat(look, change, shardOf[index] ?? makers.get(look.intent));
    if (reason !== undefined) {
      sorted.problems.push(refusal(look.intent, reason));
    } else if (look.written || isChange(change)) {
      sorted.answers.push({ ...look, ...(isChange(change) ? { change, looked: true } : {}) });
    } else if (change === 'missing') takeMissing(route, sorted, look);
    else if (!(found instanceof AdapterFailure)) {
      const changed = 'The record has changed there. It is written once its changes were read.';
      sorted.problems.push(refusal(look.intent, changed));
    }
  }
  return found instanceof AdapterFailure ? found : undefined;
}

async function findMakersOf(
  work: LaneWork,
  route: LoadedRoute,
  { looks, unknown, answers }: Sorted,
  found: readonly (ExternalChange | 'missing' | undefined)[] | AdapterFailure,
): Promise<ReadonlyMap<PushIntent, string | undefined>> {
  const met = looks.flatMap(({ intent, written }, index) => {
    const change = found instanceof AdapterFailure ? undefined : found[index];
    return intent.kind === 'create' && !written && isChange(change) && !change.deleted ? [{ intent, change }] : [];
  });
  const sent = [...unknown, ...answers.map(({ intent }) => intent)];
  const makers = await findMakers(work, route, met, sent);
  return new Map(met.map(({ intent }, index) => [intent, makers[index]]));
}

/** Why a record that is there already is not the one for the shard: nobody was created, and nobody was deleted either. */
function whyNotThat(
  { intent, externalId, written }: Sorted['looks'][number],
  change: ExternalChange | 'missing' | undefined,
  shardId: string | undefined,
): string | undefined {
  if (intent.kind !== 'create' || written) return undefined;
  const reason = `Record ${externalId} there has the same unique value, and`;
  if (shardId !== undefined && shardId !== intent.shardId) return `${reason} is another shard's.`;
  const isGone = change === 'missing' || (isChange(change) && change.deleted);
  return isGone ? `${reason} is deleted.` : undefined;
}

function takeMissing(route: LoadedRoute, sorted: Sorted, { intent, externalId }: Sorted['looks'][number]): void {
  const isOurs = intent.kind === 'delete';
  if (isOurs || route.mirrors) sorted.answers.push({ intent, externalId, gone: true, written: isOurs });
  else sorted.problems.push(refusal(intent, 'The record is no longer there.'));
}

function isChange(found: ExternalChange | 'missing' | undefined): found is ExternalChange {
  return found !== undefined && found !== 'missing';
}

/** The shards that records belong to, in their order. */
export async function linkedShards(
  { deps, scope, integration }: LaneWork,
  route: LoadedRoute,
  looks: readonly { readonly externalId: string }[],
): Promise<(string | undefined)[]> {
  const links = await deps.links.getMany(
    scope,
    looks.map(({ externalId }) => ({ id: linkIdOf(integration.id, route.object, externalId, route.shardTypeId) })),
  );
  return links.map((link) => link?.document.shardId);
}

async function count({ deps, scope, lane }: LaneWork, { answers, problems, looks }: Sorted): Promise<void> {
  const totals = { ...lane.stored.document.totals };
  for (const { intent, written } of answers) {
    if (!written) continue;
    if (intent.kind === 'create') totals.created += 1;
    else if (intent.kind === 'update') totals.updated += 1;
    else totals.deleted += 1;
  }
  totals.rejected += problems.length;
  totals.conflicts += looks.filter(({ written }) => !written).length;
  const isWritten = answers.some(({ written }) => written);
  await saveLane(deps, scope, lane, { totals, ...(isWritten ? { lastPushedAt: deps.now().toISOString() } : {}) });
}
