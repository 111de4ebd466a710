import { endWell } from '../../core/advance-execution.ts';
import { CorruptDocument } from '../../core/app-error.ts';
import { beginComparison, type WholeRead } from '../../core/compare-records.ts';
import type { Feed } from '../../core/conversion/compile-schema.ts';
import {
  type ComparedFeed,
  type Comparison,
  type MissingDocument,
  missingIdOf,
} from '../../core/documents/comparison.ts';
import type { ExecutionDocument } from '../../core/documents/execution.ts';
import type { Note } from '../../core/log-entries.ts';
import { addToDigest, partsOf, rangeOfPart, type SeenRecords } from '../../core/seen-records.ts';
import { obey, type Slice } from '../begin-slice.ts';
import { keepHold } from '../keep-hold.ts';
import { loadConverter } from '../load-converter.ts';
import { goOn, move, type SliceEnd, stop } from '../move-slice.ts';
import { settleExecution } from '../settle-execution.ts';
import { findReads, type Reads } from './find-reads.ts';
import { listMissing } from './list-missing.ts';
import { readSeen } from './read-seen.ts';
import { settleFeed } from './settle-feed.ts';

/** Ids of records that are kept in memory at once: 32 MB at most. */
const mostInMemory = 1_000_000;

/** A step reads a thousand links, which costs about as much as a page; but what has been seen is read anew with every slice. */
const stepsPerPage = 20;

/** What one slice knows of what was read. */
interface View {
  readonly reads: Reads;
  seen: { readonly of: string; readonly records: SeenRecords | undefined } | undefined;
  /** The last list of missing links, by its id: the next ones go there as long as there is room. */
  batch: { readonly id: string; readonly linkIds: readonly string[] } | undefined;
}

/**
 * Compares what a run has read with the links of the same objects, and deletes the records that are gone, or holds that for approval. Every step is
 * written with the run's place in it, so that a crash repeats one step at most.
 */
export async function compareRecords(slice: Slice): Promise<SliceEnd> {
  const { deps, scope } = slice;
  const startedAtMs = deps.now().getTime();
  const view: View = { reads: await findReads(deps, scope, slice.run.document), seen: undefined, batch: undefined };
  for (let steps = 1; ; steps += 1) {
    if (!(await keepHold(slice))) return stop;
    const { comparison } = slice.run.document;
    const feed = comparison?.feeds[comparison.feed];
    if (comparison !== undefined && feed === undefined) return end(slice);
    const isMoved =
      comparison === undefined || feed === undefined
        ? await begin(slice, view.reads)
        : await takeStep(slice, view, comparison, feed);
    if (!isMoved) return stop;
    if (slice.run.document.state !== 'running') {
      await obey(slice);
      return stop;
    }
    const isLong = steps >= deps.engine.pagesPerSlice * stepsPerPage;
    if (isLong || deps.now().getTime() - startedAtMs >= deps.engine.sliceMs) return goOn;
  }
}

async function end(slice: Slice): Promise<SliceEnd> {
  if (await move(slice, (execution, now) => endWell(execution, now)))
    await settleExecution(slice.deps, slice.scope, slice.run.document);
  return stop;
}

async function begin(slice: Slice, { run, of }: Reads): Promise<boolean> {
  const { deps, scope } = slice;
  const doubt = await findDoubt(slice, run);
  const feeds: { object: string; feed: Feed }[] = [];
  for (const planned of run.plan.objects) {
    const converter = await loadConverter(deps, scope, planned);
    feeds.push(...converter.feeds.map((feed) => ({ object: planned.object, feed })));
  }
  const comparison = beginComparison(feeds, doubt === undefined ? of : () => ({ unproven: doubt }));
  return move(slice, (execution, now) => moved(execution, comparison, now));
}

/** Why nothing is to be deleted, whatever is missing: people may have thought better of it since the run began. */
async function findDoubt({ deps, scope }: Slice, { taskId, plan }: ExecutionDocument): Promise<string | undefined> {
  try {
    const task = await deps.tasks.get(scope, { id: taskId });
    return task?.document.deletions === plan.deletions ? undefined : otherPolicy;
  } catch (error) {
    if (error instanceof CorruptDocument) return unreadablePolicy;
    throw error;
  }
}

/** A step forward shows that the run has its worker. */
function moved(execution: ExecutionDocument, comparison: Comparison, now: string): ExecutionDocument {
  return { ...execution, comparison, attempt: 0, revivals: 0, updatedAt: now };
}

async function takeStep(slice: Slice, view: View, comparison: Comparison, feed: ComparedFeed): Promise<boolean> {
  if (feed.outcome !== undefined) {
    const next: Comparison = { feeds: comparison.feeds, feed: comparison.feed + 1, part: 0, listed: false };
    return move(slice, (execution, now) => moved(execution, next, now), [noteOf(feed)]);
  }
  const read = view.reads.of(feed.object);
  if ('unproven' in read) return put(slice, comparison, { ...feed, outcome: 'left', reason: read.unproven });
  if (!comparison.listed) return list(slice, view, comparison, feed, read);
  const settled = await settleFeed(slice, view.reads.run, comparison.feed, feed, read);
  return settled === undefined ? false : put(slice, comparison, settled);
}

function put(slice: Slice, comparison: Comparison, feed: ComparedFeed): Promise<boolean> {
  const next = { ...comparison, feeds: comparison.feeds.with(comparison.feed, feed) };
  return move(slice, (execution, now) => moved(execution, next, now));
}

/** Compares the next links. Those that are missing are listed in a document that is written together with the run's place. */
async function list(
  slice: Slice,
  view: View,
  comparison: Comparison,
  feed: ComparedFeed,
  read: WholeRead,
): Promise<boolean> {
  const { deps, scope } = slice;
  const { integrationId, id: executionId } = slice.run.document;
  const parts = partsOf(read.records * comparison.feeds.length, mostInMemory);
  const ids = rangeOfPart(comparison.part, parts);
  const of = `${feed.object} ${comparison.part}`;
  if (view.seen?.of !== of) view.seen = { of, records: await readSeen(deps, scope, feed.object, read.pages, ids) };
  const seen = view.seen.records;
  if (seen === undefined) return put(slice, comparison, { ...feed, outcome: 'left', reason: untold });
  const found = await listMissing(deps, scope, { integrationId, ...feed }, seen, {
    ids,
    after: comparison.after,
    fence: read.fence,
  });
  const place = { feed: comparison.feed, fence: read.fence };
  const batch = await addToBatch(slice, view, place, feed, found.missing);
  const next: Comparison = {
    feeds: comparison.feeds.with(comparison.feed, {
      ...feed,
      links: feed.links + found.links,
      missing: feed.missing + found.missing.length,
      digest: addToDigest(feed.digest, found.missing),
      batches: batch.batches,
    }),
    feed: comparison.feed,
    part: found.last === undefined ? comparison.part + 1 : comparison.part,
    ...(found.last === undefined ? {} : { after: found.last }),
    listed: found.last === undefined && comparison.part + 1 >= parts,
  };
  const missing: MissingDocument = {
    id: batch.id,
    executionId,
    tenantId: scope.tenantId,
    kind: 'missing',
    schemaVersion: 1,
    linkIds: [...batch.linkIds],
    at: deps.now().toISOString(),
  };
  const change = (execution: ExecutionDocument, now: string) => moved(execution, next, now);
  const isMoved = await move(slice, change, [], found.missing.length === 0 ? undefined : missing);
  // What was not written is not there.
  view.batch = isMoved ? batch : undefined;
  return isMoved;
}

/** As many missing links are worked on at once; one here and there would each cost a round of their own. */
const linksPerBatch = 1000;

/** Where links that are missing are listed: with those before, or, where these are many, in a list of their own. */
async function addToBatch(
  { deps, scope, run }: Slice,
  view: View,
  place: { readonly feed: number; readonly fence: number },
  { batches }: ComparedFeed,
  missing: readonly string[],
): Promise<{ readonly id: string; readonly linkIds: readonly string[]; readonly batches: number }> {
  const id = missingIdOf({ ...place, batch: Math.max(0, batches - 1) });
  if (batches > 0 && view.batch?.id !== id) {
    const key = { id, partition: run.document.id };
    view.batch = { id, linkIds: (await deps.runs.missing.get(scope, key))?.document.linkIds ?? [] };
  }
  const before = batches === 0 ? [] : (view.batch?.linkIds ?? []);
  const linkIds = [...before, ...missing];
  if (missing.length === 0 || (batches > 0 && linkIds.length <= linksPerBatch)) return { id, linkIds, batches };
  return { id: missingIdOf({ ...place, batch: batches }), linkIds: missing, batches: batches + 1 };
}

const otherPolicy = 'The task no longer says what the run began with.';
const unreadablePolicy = 'What the task says cannot be read.';
const untold = 'The pages of the run do not tell which records they showed.';

function noteOf({ object, shardTypeId, links, missing, deleted, outcome, reason, holdId }: ComparedFeed): Note {
  const what = `${object} (${shardTypeId})`;
  const data = { object, shardTypeId, links, missing, deleted, ...(holdId === undefined ? {} : { holdId }) };
  if (outcome === 'left')
    return { level: 'info', event: 'compared', message: `What is missing of ${what} is not followed: ${reason}`, data };
  if (outcome === 'nothing')
    return {
      level: 'info',
      event: 'compared',
      message: `Nothing is missing of the ${links} records of ${what}.`,
      data,
    };
  if (outcome === 'deleted') {
    const message = `${missing} of ${links} records of ${what} are no longer there; deleted: ${deleted}.`;
    return { level: 'info', event: 'compared', message, data };
  }
  const message =
    outcome === 'held' ? `Deletions of ${what} are held: ${reason}` : `Nothing of ${what} is deleted: ${reason}`;
  return { level: 'warning', event: 'held', message, data };
}
