import { idPrefixes } from '../../contracts/identifiers.ts';
import type { Cause } from '../documents/cause.ts';
import type { JournalDocument } from '../documents/journal.ts';
import type { LeftReason } from '../documents/left-record.ts';
import type { ShardDocument } from '../documents/shard.ts';
import { metBy } from '../two-way/doubtful-creates.ts';
import { ancestryOf, broughtBack, type Revision, revisionBefore, revisionsOf } from './revisions.ts';

/** A shard as it is, with what the journal holds of it. */
export interface ShardHistory {
  readonly shard: ShardDocument | undefined;
  /** In the order of their ids. */
  readonly entries: readonly JournalDocument[];
  /** Whether these are all entries of the shard, and not only those of the execution that is taken back. */
  readonly complete: boolean;
}

/**
 * What taking an execution back does to a shard. `done`: this rollback was here before. `undone`: an earlier one was, and stands. `untouched`: the
 * execution was about to write it and never did. `unclear`: all of its entries are needed to tell.
 */
export type Verdict =
  | { readonly kind: 'restore'; readonly revision: number; readonly image: JournalDocument['image'] }
  | { readonly kind: 'delete' }
  | { readonly kind: 'left'; readonly reason: LeftReason; readonly by?: Cause | undefined }
  | { readonly kind: 'done' | 'undone' | 'untouched' | 'unclear' };

/**
 * Compares revisions, not times: a shard is taken back when the revision that it is was made by the execution, and all of that one's revisions of it are in a
 * row. A revision that a rollback brought back counts as the one that it was, so that executions can be taken back one after the other. Sightings of
 * the same content make no revision.
 *
 * @param executionId the execution that is taken back
 * @param rollbackId the one that takes it back, once there is one
 */
export function judgeShard(history: ShardHistory, executionId: string, rollbackId?: string): Verdict {
  const { shard, complete } = history;
  if (shard === undefined) return { kind: 'left', reason: 'gone' };
  if (rollbackId !== undefined && shard.cause?.id === rollbackId) return { kind: 'done' };
  if (shard.cause?.undoes === executionId) return { kind: 'undone' };
  const revisions = revisionsOf(shard, history.entries);
  if (!complete) return judgeQuickly(shard, revisions, executionId);
  const all = [...revisions.values()];
  if (rollbackId !== undefined && all.some(({ cause }) => cause?.id === rollbackId)) return { kind: 'done' };
  if (!all.some(({ cause }) => cause?.id === executionId)) return { kind: 'untouched' };
  return judgeAncestry(shard, revisions, executionId);
}

/** From the entries of the execution alone, where they lead straight down from the present revision. */
function judgeQuickly(shard: ShardDocument, revisions: ReadonlyMap<number, Revision>, executionId: string): Verdict {
  let at = shard.revision;
  while (revisions.get(at)?.cause?.id === executionId && at > 1) at -= 1;
  const below = revisions.get(at);
  if (below === undefined || at === shard.revision) {
    const isNew = shard.revision === 1 && below?.cause?.id === executionId;
    return isNew ? judgeCreated(shard, executionId) : { kind: 'unclear' };
  }
  if (below.cause?.id === executionId) return judgeCreated(shard, executionId);
  const isPlain = below.image !== undefined && below.cause?.restores === undefined;
  if (!isPlain || [...revisions.keys()].some((revision) => revision < at)) return { kind: 'unclear' };
  return { kind: 'restore', revision: at, image: below.image };
}

/** Goes down from the present revision as long as what it is was made by the execution: what is below? */
function judgeAncestry(shard: ShardDocument, revisions: ReadonlyMap<number, Revision>, executionId: string): Verdict {
  const isMine = ({ cause }: Revision): boolean => cause?.id === executionId;
  let at: number | undefined = shard.revision;
  for (;;) {
    const mine: Revision | undefined = broughtBack(at, revisions).find(isMine);
    if (mine === undefined) break;
    at = revisionBefore(mine.revision, revisions);
    if (at === undefined) return judgeCreated(shard, executionId);
  }
  const below = ancestryOf(at, revisions);
  const isFurther = below.some(isMine);
  if (at === shard.revision) {
    if (!isFurther) return { kind: 'undone' };
    const by = broughtBack(at, revisions).at(-1)?.cause;
    return { kind: 'left', reason: shard.status === 'merged' ? 'merged' : 'changed-since', by };
  }
  const target = revisions.get(at);
  if (isFurther) return { kind: 'left', reason: 'changed-between', by: target?.cause };
  if (target?.image === undefined) return { kind: 'left', reason: 'no-image' };
  return { kind: 'restore', revision: at, image: target.image };
}

function judgeCreated(shard: ShardDocument, executionId: string): Verdict {
  if (shard.createdIn !== executionId) return { kind: 'left', reason: 'no-image' };
  return isShared(shard, executionId) ? { kind: 'left', reason: 'shared' } : { kind: 'delete' };
}

/**
 * Records of other runs or webhooks have come to the shard that the execution created, without changing it, or were there when it was to be pushed. Those
 * that were pushed from it are no reason to keep it.
 */
function isShared({ sources }: ShardDocument, executionId: string): boolean {
  return Object.values(sources).some(({ addedIn = executionId }) => addedIn !== executionId && isShown(addedIn));
}

function isShown(id: string): boolean {
  return [`${idPrefixes.execution}_`, `${idPrefixes.delivery}_`, metBy].some((prefix) => id.startsWith(prefix));
}
