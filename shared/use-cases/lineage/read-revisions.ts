import type { JournalDocument } from '../../core/documents/journal.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { beforeRevision } from '../../core/journal-entry.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** A shard as it was, or is, in one revision. */
export interface RevisionState extends Pick<JournalDocument['image'], 'status' | 'data' | 'cause'> {
  readonly revision: number;
}

const entriesPerRead = 100;

/** The revisions of a shard, newest first, read as they are asked for: the present one, then those in the journal. */
export async function* readRevisions(
  deps: Pick<Deps, 'journal'>,
  scope: Scope,
  shard: ShardDocument,
  below = shard.revision + 1,
): AsyncGenerator<RevisionState> {
  if (shard.revision < below) yield shard;
  let last = Math.min(below, shard.revision);
  for (let afterId = beforeRevision(shard.id, last); ; ) {
    const found = await deps.journal.list(scope, {
      partition: shard.id,
      filters: [],
      order: 'descending',
      afterId,
      limit: entriesPerRead,
    });
    for (const { document } of found) {
      // Writers that raced for a revision have an entry each.
      if (document.revision >= last) continue;
      last = document.revision;
      yield { revision: last, ...document.image };
    }
    const oldest = found.at(-1);
    if (oldest === undefined || found.length < entriesPerRead) return;
    afterId = oldest.document.id;
  }
}
