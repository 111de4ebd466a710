import { AdapterFailure } from '../../core/adapter.ts';
import type { WritesDescription } from '../../core/adapter-writes.ts';
import type { PushIntent } from '../../core/documents/push-lane.ts';
import { printOf, pushNeeds } from '../../core/two-way/push-routes.ts';
import type { LoadedRoute } from '../load-push-routes.ts';
import { applyAnswers, type PushAnswer, type Unread } from './apply-answers.ts';
import { fetchRecords } from './fetch-records.ts';
import { describeObject, type LaneWork } from './lane-work.ts';
import { noteProblems } from './note-problems.ts';
import { unreadable } from './write-batch.ts';

/** Whether the provider leaves the record alone where it has moved on; it does so only by what was seen of it. */
function isConditional({ expected }: PushIntent, writes: WritesDescription | undefined): boolean {
  if (writes?.optimistic !== true || expected === undefined) return false;
  return writes.expects === undefined || expected[writes.expects] !== undefined;
}

/**
 * Where the provider would overwrite what changed there meanwhile, its records are read before they are written, and what they show is merged first.
 *
 * @returns the writes that are still wanted, or why the records could not be read
 */
export async function lookFirst(
  work: LaneWork,
  route: LoadedRoute,
  intents: readonly PushIntent[],
): Promise<readonly PushIntent[] | AdapterFailure> {
  const { writes, fetchSize } = describeObject(work, route);
  const written = intents.filter((intent) => intent.kind !== 'create' && !isConditional(intent, writes));
  if (fetchSize === 0 || written.length === 0) return intents;
  const found = await fetchRecords(
    work,
    route,
    written.map(({ externalId = '' }) => externalId),
  );
  if (found instanceof AdapterFailure) return found;
  const answers = written.flatMap((intent, index): PushAnswer[] => {
    const { externalId = '' } = intent;
    const change = found[index];
    if (change === undefined) return [];
    if (change !== 'missing') return [{ intent, externalId, change, written: false }];
    return route.mirrors ? [{ intent, externalId, gone: true, written: false }] : [];
  });
  const untaken = written
    .filter((_, index) => found[index] === undefined)
    .map((intent): Unread => ({ intent, reason: 'The provider shows it in a way that cannot be taken.' }));
  const unread = [...untaken, ...(await applyAnswers(work, route, answers))].filter(
    ({ reason }) => reason !== undefined,
  );
  await noteProblems(work, route, unread.map(unreadable));
  const shards = await work.deps.shards.getMany(
    work.scope,
    intents.map(({ shardId }) => ({ id: shardId })),
  );
  // What was gone, and may have come back since, is looked at again.
  const gone = answers.filter((answer) => answer.gone === true);
  const refused = new Set([...unread, ...gone].map(({ intent }) => intent));
  return intents.filter((intent, index) => {
    const shard = shards[index]?.document;
    return (
      !refused.has(intent) && shard !== undefined && printOf(shard, route, pushNeeds(shard, route)) === intent.print
    );
  });
}
