import type { Feed } from './conversion/compile-schema.ts';
import type { ComparedFeed, Comparison, ObjectRead } from './documents/comparison.ts';
import type { ExecutionDocument } from './documents/execution.ts';
import type { LinkDocument } from './documents/link.ts';
import type { TaskDocument } from './documents/task.ts';
import { isTerminal } from './execution-states.ts';
import { isWholeRead } from './object-read.ts';

type Execution = ExecutionDocument;

/** Whether a run that has read all its objects has something to compare with the links. */
export function wantsComparison(execution: Execution): boolean {
  if (execution.partition !== undefined || execution.comparison !== undefined) return false;
  return execution.plan.objects.some(
    (_, index) => isWholeRead(execution, index) && execution.progress[index]?.read?.to !== undefined,
  );
}

/** A run, or the partition of one, that has nothing to read any more but has not ended. */
export function isComparing({ checkpoint, plan }: Pick<Execution, 'checkpoint' | 'plan'>): boolean {
  return checkpoint.objectIndex >= plan.objects.length;
}

/** Pages in which an object was read. */
export interface PageRange {
  readonly executionId: string;
  readonly from: number;
  readonly to: number;
}

/** What a complete read of an object was. */
export interface WholeRead {
  readonly pages: readonly PageRange[];
  /** Of the first worker that read any of it. */
  readonly fence: number;
  readonly records: number;
}

/** Why nothing follows from what a run did not see of an object, in words. */
export interface Unproven {
  readonly unproven: string;
}

/**
 * How a run read an object, if it read all of it. What cannot be proven is not: the read of a part, of an object that was left or that another run
 * began, records that could not be told, and a provider that said there were more.
 *
 * @param partitions of a run that was read side by side
 */
export function judgeRead(run: Execution, partitions: readonly Execution[], objectName: string): WholeRead | Unproven {
  if (Object.values(run.progress).some(({ problem }) => problem !== undefined))
    return { unproven: 'Not all objects of the run could be read.' };
  const pages: PageRange[] = [];
  const reads: ObjectRead[] = [];
  for (const [index, { object }] of run.plan.objects.entries()) {
    if (object !== objectName) continue;
    if (!isWholeRead(run, index)) return { unproven: 'Only a part of the object was read.' };
    const found = readsOf(run, partitions, index);
    if (found === undefined) return { unproven: 'The object was not read from its start to its end by this run.' };
    pages.push(...found.pages);
    reads.push(...found.reads);
  }
  if (reads.some(({ unidentified }) => unidentified > 0))
    return { unproven: 'The provider gave records that could not be told.' };
  const short = reads.find(({ total, records }) => total !== undefined && records < total);
  if (short !== undefined)
    return { unproven: `The provider gave ${short.records} records, but said there were ${short.total}.` };
  return {
    pages,
    fence: Math.min(...reads.map(({ fence }) => fence)),
    records: reads.reduce((sum, { records }) => sum + records, 0),
  };
}

function readsOf(
  run: Execution,
  partitions: readonly Execution[],
  index: number,
): { pages: PageRange[]; reads: ObjectRead[] } | undefined {
  if (run.bulk === undefined) {
    const read = run.progress[index]?.read;
    if (read?.to === undefined) return undefined;
    return { pages: [{ executionId: run.id, from: read.from, to: read.to }], reads: [read] };
  }
  const pages: PageRange[] = [];
  const reads: ObjectRead[] = [];
  // What the run itself had read of it before: a partition that goes on from there does not read it again.
  const before = run.bulk.before.progress[index]?.read;
  if (before !== undefined) {
    pages.push({ executionId: run.id, from: before.from, to: run.bulk.before.pages });
    if (before.to !== undefined) reads.push(before);
  }
  for (const partition of partitions) {
    if (partition.partition?.objectIndex !== index) continue;
    const read = partition.progress[0]?.read;
    const isWhole = isTerminal(partition) && (partition.state === 'succeeded' || partition.state === 'partial');
    if (!isWhole || read?.to === undefined) return undefined;
    pages.push({ executionId: partition.id, from: 0, to: read.to });
    reads.push(read);
  }
  return reads.length === 0 ? undefined : { pages, reads };
}

/** The links that a run is compared with. Shards that a record feeds under ids of their own stay: which they are, an absent record does not tell. */
export function beginComparison(
  feeds: readonly { readonly object: string; readonly feed: Feed }[],
  judge: (object: string) => WholeRead | Unproven,
): Comparison {
  const compared = new Map<string, ComparedFeed>();
  for (const { object, feed } of feeds) {
    if (feed.derived === true) continue;
    const read = judge(object);
    compared.set(`${feed.object} ${feed.shardTypeId}`, {
      object,
      feed: feed.object,
      shardTypeId: feed.shardTypeId,
      links: 0,
      missing: 0,
      digest: '',
      batches: 0,
      done: 0,
      deleted: 0,
      ...('unproven' in read ? { outcome: 'left' as const, reason: read.unproven } : {}),
    });
  }
  return { feeds: [...compared.values()], feed: 0, part: 0, listed: false };
}

/** Whether a link's record is here, and had been when the run began to read, by all that the link tells. */
export function wasThere(link: LinkDocument, fence: number): boolean {
  const isNew = link.observed.fence >= fence && link.last?.outcome === 'created';
  return link.hash !== 'deleted' && !isNew;
}

/** Whether nobody has looked at it since. */
export function isUnseenSince({ observed }: LinkDocument, fence: number): boolean {
  return observed.fence < fence;
}

/** Fewer are not held for being a large share. */
const fewestByShare = 5;

/** Why deletions are to be approved first, in words; `undefined` when they are not. */
export function reasonToHold(
  { links, missing }: Pick<ComparedFeed, 'links' | 'missing'>,
  records: number,
  holds: TaskDocument['holds'],
): string | undefined {
  if (missing === 0) return undefined;
  const some = `${missing} of ${links} records are no longer there`;
  if (records === 0) return `The provider gave no record at all: ${some}.`;
  if (missing === links) return `None of the ${links} records that had been there is left.`;
  if (missing > holds.deletedRecords) return `${some}, more than ${holds.deletedRecords}.`;
  if (missing >= fewestByShare && missing > holds.deletedShare * links)
    return `${some}, more than ${percent(holds.deletedShare)}.`;
  return undefined;
}

export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
