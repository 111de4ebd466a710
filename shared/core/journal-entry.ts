import { shortHash } from './canonical.ts';
import type { Cause } from './documents/cause.ts';
import type { JournalDocument } from './documents/journal.ts';
import type { ShardDocument } from './documents/shard.ts';

/** Revisions of one shard sort by their number. */
const revisionDigits = 10;

/**
 * What has to be in the journal before a shard is replaced; `undefined` when it stays the revision that it is.
 *
 * @throws TypeError for a revision that does not say what made it
 */
export function journalEntryOf(before: ShardDocument, after: ShardDocument): JournalDocument | undefined {
  if (after.revision === before.revision) return undefined;
  const { cause } = after;
  if (cause === undefined) throw new TypeError(`Revision ${after.revision} of ${after.id} does not say what made it`);
  const { id, tenantId, revision, status, data, mergedInto, updatedAt } = before;
  return {
    id: journalIdOf(id, revision, cause),
    tenantId,
    shardId: id,
    kind: 'before-image',
    schemaVersion: 1,
    revision,
    cause,
    image: {
      status,
      data,
      ...(mergedInto === undefined ? {} : { mergedInto }),
      ...(before.cause === undefined ? {} : { cause: before.cause }),
      updatedAt,
    },
    at: cause.at,
  };
}

/** Writers that race for a revision each have an entry of their own: one that loses does not hide who won. */
function journalIdOf(shardId: string, revision: number, { kind, id }: Cause): string {
  return `${beforeRevision(shardId, revision)}.${shortHash(`${kind} ${id}`)}`;
}

/** Comes before the ids of all entries of a revision of the shard, and after those of the revisions before it. */
export function beforeRevision(shardId: string, revision: number): string {
  return `${shardId}.${String(revision).padStart(revisionDigits, '0')}`;
}
