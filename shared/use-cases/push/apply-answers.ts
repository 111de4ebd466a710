import type { ExternalChange } from '../../core/adapter.ts';
import type { Feed } from '../../core/conversion/compile-schema.ts';
import type { PushIntent } from '../../core/documents/push-lane.ts';
import { readPath } from '../../core/field-path.ts';
import { setPath } from '../../core/identity/survivorship.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { MergeInput } from '../../core/merge-source.ts';
import { linkIdOf, type Observation, readPage } from '../../core/observation.ts';
import { answerQuestions } from '../answer-questions.ts';
import { applyByType } from '../apply-page/apply-by-type.ts';
import type { LoadedRoute } from '../load-push-routes.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import { adoptRecords, findTwins } from './adopt-records.ts';
import { type LaneWork, toolsOf } from './lane-work.ts';
import { noteProblems } from './note-problems.ts';

/** What came of one intent, as far as the provider showed it. */
export interface PushAnswer {
  readonly intent: PushIntent;
  readonly externalId: string;
  /** The record as the provider shows it now; absent where it does not tell. */
  readonly change?: ExternalChange | undefined;
  /** There is no such record any more. */
  readonly gone?: true;
  /** It is our write that is seen; otherwise it is a look like any other. */
  readonly written: boolean;
  /** Not the answer to the write itself, but a look after it. */
  readonly looked?: true;
  /** The shard it was created for has been given another record with the same values meanwhile, and keeps that: this one is somebody new. */
  readonly twin?: true;
}

/** A look at a record that came to nothing: it cannot be converted, or, where no reason is given, it is none that the mapping is for. */
export interface Unread {
  readonly intent: PushIntent;
  readonly reason?: string | undefined;
}

/**
 * Gives the shards what the provider answered, by the one road in: as observations. A created record gets its link first. Repeating it after a crash
 * changes nothing.
 *
 * @returns looks that came to nothing
 */
export async function applyAnswers(
  work: LaneWork,
  route: LoadedRoute,
  given: readonly PushAnswer[],
): Promise<readonly Unread[]> {
  const answers = await findTwins(work, route, await refuseErased(work, route, given));
  if (answers.length === 0) return [];
  const { deps, scope, integration } = work;
  const { converter, matchers } = await toolsOf(work, route);
  const changes = answers.flatMap(({ change, gone, externalId }) =>
    gone === true ? [{ externalId, deleted: true, record: {} }] : shownBy(route, change),
  );
  const answer = answerQuestions(deps, scope, integration.id, work.suppressions);
  const reading = await readPage(integration.id, converter, changes, answer, matchers);
  const byLink = new Map(answers.map((each) => [linkOf(work, route, each), each]));
  const observations: Observation[] = reading.observations.map((observation) => {
    const one = byLink.get(observation.linkId);
    const seen = one === undefined ? {} : seenAfter(deps.now(), one.intent);
    if (one?.written !== true) return { ...observation, ...seen, aimed: true };
    return { ...observation, ...seen, pushed: pushedOf(one) };
  });
  const seen = new Set(observations.map(({ linkId }) => linkId));
  const feed = converter.feeds.find(
    ({ object, shardTypeId }) => object === route.object && shardTypeId === route.shardTypeId,
  );
  const untold = answers.filter((each) => each.written && !seen.has(linkOf(work, route, each)));
  if (feed !== undefined) observations.push(...(await supposeAnswers(work, route, feed, untold)));
  await adoptRecords(
    work,
    route,
    answers.filter(({ intent, gone, twin }) => intent.kind === 'create' && gone !== true && twin !== true),
    inputOf(work, route).cause,
  );
  await applyByType(deps, scope, inputOf(work, route), matchers, observations, false, async () => true);
  return answers.flatMap((each): Unread[] => {
    const linkId = linkOf(work, route, each);
    if (each.written || each.twin === true || each.change === undefined || seen.has(linkId)) return [];
    const failure = reading.failures.find(
      ({ feed: { object, shardTypeId }, externalId }) =>
        linkIdOf(integration.id, object, externalId, shardTypeId) === linkId,
    );
    return [{ intent: each.intent, reason: failure?.reason }];
  });
}

/** The provider answers with a record of somebody who was erased: it is tied to nothing, and whoever asked is told. */
async function refuseErased(
  work: LaneWork,
  route: LoadedRoute,
  answers: readonly PushAnswer[],
): Promise<readonly PushAnswer[]> {
  const integrationId = work.integration.id;
  const isErased = ({ externalId }: PushAnswer) =>
    work.suppressions.has({ integrationId, object: route.object, externalId });
  const erased = answers.filter(isErased);
  if (erased.length === 0) return answers;
  const reason = 'The record that is there is of a person who was erased: it is not tied to anything.';
  const problems = erased.map(({ intent: { shardId, print } }) => ({
    shardId,
    problem: { state: 'failed' as const, print, reason },
  }));
  await noteProblems(work, route, problems);
  return answers.filter((each) => !isErased(each));
}

/** What a deletion there means here is the task's to say. */
function shownBy({ mirrors }: LoadedRoute, change: ExternalChange | undefined): ExternalChange[] {
  return change === undefined || (change.deleted && !mirrors) ? [] : [change];
}

function inputOf(
  { deps, scope, integration, lane, routes }: LaneWork,
  route: LoadedRoute,
): Omit<MergeInput, 'matcher'> {
  const now = deps.now();
  const at = now.toISOString();
  const id = lane.stored.document.batch?.id ?? lane.holder;
  return {
    tenantId: scope.tenantId,
    integrationId: integration.id,
    sighting: { executionId: id, page: 0, fence: now.getTime() },
    now: at,
    cause: { kind: 'push', id, actorId: scope.actor.id, mappingVersion: route.planned.mappingVersion, at },
    twoWay: { routes },
  };
}

function linkOf(
  { integration }: Pick<LaneWork, 'integration'>,
  route: LoadedRoute,
  { externalId }: Pick<PushAnswer, 'externalId'>,
): string {
  return linkIdOf(integration.id, route.object, externalId, route.shardTypeId);
}

/** Whoever saw the record before may have had a clock that is ahead of ours. */
function seenAfter(now: Date, { observed }: PushIntent): Pick<Observation, 'seen'> {
  return observed !== undefined && observed.fence >= now.getTime() ? { seen: observed } : {};
}

function pushedOf({ intent, looked }: PushAnswer): NonNullable<Observation['pushed']> {
  const { kind, data, fields } = intent;
  return { kind, data: data as JsonObject, fields, ...(looked === undefined ? {} : { looked }) };
}

/** Where the provider does not tell what it made of a write, it is taken for what was written until it is seen next. */
async function supposeAnswers(
  { deps, scope, integration, lane }: LaneWork,
  route: LoadedRoute,
  feed: Feed,
  answers: readonly PushAnswer[],
): Promise<Observation[]> {
  const shards = await followForwarding(
    deps,
    scope,
    answers.map(({ intent }) => intent.shardId),
  );
  return answers.map(({ intent, externalId }) => {
    const linkId = linkOf({ integration }, route, { externalId });
    const source = shards.get(intent.shardId)?.stored?.document.sources[linkId];
    const data = structuredClone(source?.externalBase ?? {}) as JsonObject;
    for (const field of intent.fields) {
      const path = field.split('.');
      // Nothing was sent of a value that the provider has already, its own way.
      if (Object.keys(intent.body).length > 0) setPath(data, path, readPath(intent.data, path) as Json | undefined);
    }
    const written = new Set(intent.fields);
    return {
      linkId,
      // Of the other fields nothing was seen: the shard may know more of them by now.
      feed: { ...feed, paths: feed.paths.filter((path) => written.has(path.join('.'))) },
      externalId,
      deleted: false,
      data,
      // Equal to nothing that is read: the next look compares.
      hash: `pushed ${lane.stored.document.batch?.id ?? lane.holder}`,
      version: source?.externalVersion,
      ...seenAfter(deps.now(), intent),
      pushed: pushedOf({ intent, externalId, written: true }),
    };
  });
}
