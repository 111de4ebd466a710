import { defaultHoldThresholds } from '../../contracts/tasks.ts';
import { CorruptDocument } from '../../core/app-error.ts';
import { reasonToHold, type WholeRead } from '../../core/compare-records.ts';
import { type ComparedFeed, missingIdOf } from '../../core/documents/comparison.ts';
import type { ExecutionDocument } from '../../core/documents/execution.ts';
import type { HoldDocument } from '../../core/documents/hold.ts';
import { signatureOf } from '../../core/hold-identity.ts';
import type { Slice } from '../begin-slice.ts';
import { findRejection, listHoldsOf, listRejectedHolds, supersedeHolds } from '../holds/known-holds.ts';
import { announceHold, raiseHold, sampleOf } from '../holds/raise-hold.ts';
import { keepHold } from '../keep-hold.ts';
import { reopenLinks } from '../reopen-links.ts';
import { deleteRecords } from './delete-records.ts';

/**
 * The next step for a feed whose links have all been compared: a batch of what is missing is deleted; or marked for when it is seen again, then held.
 * What an earlier run has left open is superseded when it is no longer the same.
 *
 * @returns the feed after it; `undefined` when another worker has taken the run over
 */
export async function settleFeed(
  slice: Slice,
  run: ExecutionDocument,
  feedIndex: number,
  feed: ComparedFeed,
  read: WholeRead,
): Promise<ComparedFeed | undefined> {
  const { deps, scope } = slice;
  const action = actionOf(slice, run, feedIndex, feed, read);
  const signature = signatureOf(run.taskId, action, feed.digest);
  const known = await listHoldsOf(deps, scope, run.taskId, action);
  const same = known.find((hold) => hold.state === 'open' && hold.signature === signature);
  if (same !== undefined) {
    if (same.executionId === run.id) await announceHold(deps, scope, same);
    return { ...feed, outcome: 'held', reason: same.reason, holdId: same.id };
  }
  const approved = known.find((hold) => hold.state === 'approved');
  if (approved !== undefined)
    return { ...feed, outcome: 'held', reason: 'An approved hold is being carried out.', holdId: approved.id };
  if (feed.missing > 0) {
    const rejection = await findRejection(deps, scope, signature);
    if (rejection !== undefined)
      return {
        ...feed,
        outcome: 'rejected',
        reason: 'A person has rejected just these deletions.',
        holdId: rejection.holdId,
      };
  }
  const rejected = await listRejectedHolds(deps, scope, run.taskId, action);
  const reason =
    reasonToHold(feed, read.records, run.plan.holds ?? defaultHoldThresholds) ?? reasonAfter(rejected, feed);
  if (feed.done < feed.batches) {
    const linkIds = await readBatch(slice, { feed: feedIndex, fence: read.fence, batch: feed.done });
    if (reason === undefined) return deleteBatch(slice, run, feed, { feedIndex, fence: read.fence, linkIds });
    await reopenLinks(deps, scope, linkIds);
    return { ...feed, done: feed.done + 1 };
  }
  await supersedeHolds(deps, scope, known, otherwise);
  if (feed.missing === 0) await supersedeHolds(deps, scope, rejected, otherwise, 'rejected');
  if (reason === undefined) return { ...feed, outcome: feed.missing === 0 ? 'nothing' : 'deleted' };
  const hold = await raiseHold(deps, scope, run, {
    action,
    signature,
    reason,
    sample: await sampleOf(deps, scope, await readBatch(slice, { feed: feedIndex, fence: read.fence, batch: 0 })),
  });
  return { ...feed, outcome: 'held', reason, holdId: hold.id };
}

const otherwise = 'A later run saw otherwise.';

/** Some of what a person wanted to keep may be missing still, in a number that is not held by itself. */
function reasonAfter(rejected: readonly HoldDocument[], { missing, links }: ComparedFeed): string | undefined {
  if (missing === 0 || rejected.length === 0) return undefined;
  return `${missing} of ${links} records are no longer there, and a person has rejected deletions of them.`;
}

function actionOf(
  slice: Slice,
  { plan }: ExecutionDocument,
  feedIndex: number,
  { object, feed, shardTypeId, missing, links, batches, digest }: ComparedFeed,
  { fence }: WholeRead,
): HoldDocument['action'] {
  return {
    kind: 'delete-missing',
    object,
    feed,
    shardTypeId,
    records: missing,
    of: links,
    listedBy: slice.run.document.id,
    feedIndex,
    batches,
    digest,
    fence,
    archives: plan.deletions === 'archive',
    done: 0,
    deleted: 0,
  };
}

async function readBatch(slice: Slice, place: Parameters<typeof missingIdOf>[0]): Promise<readonly string[]> {
  const { id: executionId } = slice.run.document;
  const key = { id: missingIdOf(place), partition: executionId };
  const listed = await slice.deps.runs.missing.get(slice.scope, key);
  if (listed === undefined) throw new CorruptDocument(`execution ${executionId}`, `its ${key.id} is gone`);
  return listed.document.linkIds;
}

async function deleteBatch(
  slice: Slice,
  run: ExecutionDocument,
  feed: ComparedFeed,
  {
    feedIndex,
    fence,
    linkIds,
  }: { readonly feedIndex: number; readonly fence: number; readonly linkIds: readonly string[] },
): Promise<ComparedFeed | undefined> {
  const { deps, scope } = slice;
  const deletions = {
    integrationId: run.integrationId,
    linkIds,
    archives: run.plan.deletions === 'archive',
    sighting: { executionId: `${slice.run.document.id}#${feedIndex}`, page: feed.done, fence },
    cause: { kind: 'run' as const, id: run.id, actorId: scope.actor.id, at: deps.now().toISOString() },
    matchRules: run.plan.matchRules,
  };
  const deleted = await deleteRecords(deps, scope, deletions, () => keepHold(slice));
  return deleted === undefined ? undefined : { ...feed, done: feed.done + 1, deleted: feed.deleted + deleted };
}
