import type { Cause } from '../../core/documents/cause.ts';
import type { LinkDocument } from '../../core/documents/link.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { emptyShard, emptyTombstone } from '../../core/identity/absorb-shard.ts';
import { orderPair } from '../../core/identity/merge-identity.ts';
import { linkIdOf } from '../../core/observation.ts';
import type { Stored } from '../../core/ports.ts';
import { isSupposed, isTaken, routeKeyOf } from '../../core/two-way/doubtful-creates.ts';
import { reviveElsewhere } from '../../core/two-way/merge-life.ts';
import { markPushes } from '../../core/two-way/push-routes.ts';
import type { LoadedRoute } from '../load-push-routes.ts';
import { followForwarding, type Survivor } from '../merge-shards/follow-forwarding.ts';
import { mergeShards } from '../merge-shards/merge-shards.ts';
import { putShard } from '../put-shards.ts';
import type { PushAnswer } from './apply-answers.ts';
import { type LaneWork, toolsOf } from './lane-work.ts';

/**
 * Of records that show all that was sent, the first that was seen was taken for the one that was created. Should the answer name another one, nothing tells
 * the two apart, and each stays where it is: tied to the same shard, somebody's record would be written and deleted with one that is not theirs.
 */
export async function findTwins(
  { deps, scope, integration }: LaneWork,
  route: LoadedRoute,
  answers: readonly PushAnswer[],
): Promise<readonly PushAnswer[]> {
  const isCreated = ({ intent, gone, written }: PushAnswer) => intent.kind === 'create' && gone !== true && written;
  const created = answers.filter(isCreated);
  if (created.length === 0) return answers;
  const shards = await followForwarding(
    deps,
    scope,
    created.map(({ intent }) => intent.shardId),
  );
  const told = new Set(created.map(({ externalId }) => externalId));
  return answers.map((answer): PushAnswer => {
    const shard = shards.get(answer.intent.shardId)?.stored?.document;
    const isTwin =
      isCreated(answer) &&
      shard !== undefined &&
      isTaken(shard, { ...answer, integrationId: integration.id, object: route.object }, answer.intent.shardId, told);
    return isTwin ? { ...answer, written: false, twin: true } : answer;
  });
}

/** Ties created records to their shards. One that a pull has taken for somebody new meanwhile is merged with whom it was created for. */
export async function adoptRecords(
  work: LaneWork,
  route: LoadedRoute,
  answers: readonly PushAnswer[],
  cause: Cause,
): Promise<void> {
  if (answers.length === 0) return;
  const { deps, scope } = work;
  const survivors = await followForwarding(
    deps,
    scope,
    answers.map(({ intent }) => intent.shardId),
  );
  const links = answers.map((each): LinkDocument => {
    return {
      id: linkIdOf(work.integration.id, route.object, each.externalId, route.shardTypeId),
      tenantId: scope.tenantId,
      schemaVersion: 1,
      integrationId: work.integration.id,
      object: route.object,
      externalId: each.externalId,
      shardTypeId: route.shardTypeId,
      shardId: survivors.get(each.intent.shardId)?.id ?? each.intent.shardId,
      state: 'pending',
      observed: { fence: 0, page: 0 },
    };
  });
  const results = await deps.links.writeMany(
    scope,
    links.map((document) => ({ kind: 'create', document })),
  );
  const known = await deps.links.getMany(
    scope,
    links.filter((_, index) => results[index]?.ok !== true).map(({ id }) => ({ id })),
  );
  const told = new Set(answers.flatMap(({ externalId, written }) => (written ? [externalId] : [])));
  for (const link of known) {
    const index = links.findIndex(({ id }) => id === link?.document.id);
    const wanted = links[index];
    const answer = answers[index];
    if (link === undefined || wanted === undefined || answer?.written !== true) continue;
    await claimRecord(work, route, wanted, { createdFor: answer.intent.shardId, told }, link, cause);
  }
}

/** Gives a record, which another shard has, to the one that it was created for. */
async function claimRecord(
  work: LaneWork,
  route: LoadedRoute,
  wanted: LinkDocument,
  { createdFor, told }: { readonly createdFor: string; readonly told: ReadonlySet<string> },
  link: Stored<LinkDocument>,
  cause: Cause,
): Promise<void> {
  const { deps, scope } = work;
  const { matchers } = await toolsOf(work, route);
  for (let known: Stored<LinkDocument> | undefined = link; known !== undefined; ) {
    const found = await followForwarding(deps, scope, [wanted.shardId, known.document.shardId]);
    const [ours, theirs] = [found.get(wanted.shardId), found.get(known.document.shardId)];
    if (ours === undefined || theirs === undefined || ours.id === theirs.id) return;
    if (ours.stored !== undefined && isTaken(ours.stored.document, wanted, createdFor, told)) return;
    const source = theirs.stored?.document.sources[wanted.id];
    const isTheirs = source !== undefined && !isSupposed(source);
    // Where match rules may have found the two to be one, or a pull took the record for somebody new, they are.
    if (theirs.stored === undefined || isTheirs || matchers.has(route.shardTypeId)) {
      if (await joinShards(work, route, ours, theirs, cause)) return;
    } else if (await takeRecord(work, route, wanted, known, theirs.stored)) return;
    [known] = await deps.links.getMany(scope, [{ id: wanted.id }]);
  }
}

/** Takes a record from a shard that was only supposed to have created it. @returns false when others were at it */
async function takeRecord(
  { deps, scope, lane, routes }: LaneWork,
  route: LoadedRoute,
  wanted: LinkDocument,
  link: Stored<LinkDocument>,
  before: Stored<ShardDocument>,
): Promise<boolean> {
  const { [wanted.id]: source, ...sources } = before.document.sources;
  if (source !== undefined) {
    const isSettled = lane.stored.document.batch?.intents.some(({ shardId }) => shardId === before.document.id);
    const reason = `Record ${wanted.externalId} there, which it was taken to have made, is that of another shard.`;
    const held = { state: 'held' as const, print: '', reason, at: deps.now().toISOString() };
    // Whether it made another one is in doubt again.
    const pushProblems = { ...before.document.pushProblems, ...(isSettled ? {} : { [routeKeyOf(route)]: held }) };
    const document = markPushes({ ...before.document, sources, pushProblems }, routes);
    if (!(await putShard(deps, scope, { before, document })).ok) return false;
  }
  const [result] = await deps.links.writeMany(scope, [{ kind: 'replace', document: wanted, etag: link.etag }]);
  return result?.ok === true;
}

/** Makes the shard that a record was created for, and the one that it was given, one. @returns false when others were at them */
async function joinShards(
  work: LaneWork,
  route: LoadedRoute,
  left: Survivor,
  right: Survivor,
  cause: Cause,
): Promise<boolean> {
  if (!(await reviveWith(work, left, right)) || !(await reviveWith(work, right, left))) return false;
  const { deps, scope } = work;
  const [older, newer] = orderPair(left.id, right.id);
  const isThere = (id: string) => (id === left.id ? left : right).stored !== undefined;
  const empty = (id: string) => emptyShard({ id, tenantId: scope.tenantId, shardTypeId: route.shardTypeId }, cause);
  // A pull has proposed a shard that it has not made yet: it goes to ours, or is made as a place to merge into.
  const made = isThere(newer) ? [] : [emptyTombstone(empty(newer), older)];
  if (!isThere(older)) made.push(empty(older));
  await deps.shards.writeMany(
    scope,
    made.map((document) => ({ kind: 'create', document })),
  );
  await mergeShards(deps, scope, { shardIds: [older, newer], trigger: 'push' });
  return true;
}

/** A shard that was deleted lives again as one with one that lives: what was deleted elsewhere with it is to be made anew. @returns false when others were at it */
async function reviveWith({ deps, scope, routes }: LaneWork, gone: Survivor, other: Survivor): Promise<boolean> {
  const before = gone.stored;
  if (before?.document.deletion === undefined || other.stored?.document.status === 'deleted') return true;
  const sources = { ...before.document.sources };
  reviveElsewhere({ linkId: '', routes }, sources);
  return (await putShard(deps, scope, { before, document: { ...before.document, sources } })).ok;
}
