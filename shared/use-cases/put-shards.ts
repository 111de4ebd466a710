import type { ShardDocument } from '../core/documents/shard.ts';
import { journalEntryOf } from '../core/journal-entry.ts';
import type { Deps, Stored, WriteResult } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** A shard as it is to be, and as it was read; a new one was not there. */
export interface ShardWrite {
  readonly before: Stored<ShardDocument> | undefined;
  readonly document: ShardDocument;
}

/**
 * The one way to write shards: every revision that is replaced is in the journal first, in one more set of round trips and only where there is such a
 * revision. Each write for itself, on the ETag that was read; repeating it writes the same entries.
 *
 * @returns in the order of the writes
 */
export async function putShards(
  deps: Pick<Deps, 'shards' | 'journal'>,
  scope: Scope,
  writes: readonly ShardWrite[],
): Promise<WriteResult[]> {
  const entries = writes.flatMap(({ before, document }) =>
    before === undefined ? [] : (journalEntryOf(before.document, document) ?? []),
  );
  // An entry that is there already is the same one, from an earlier try.
  if (entries.length > 0) {
    await deps.journal.writeMany(
      scope,
      entries.map((document) => ({ kind: 'create', document })),
    );
  }
  return deps.shards.writeMany(
    scope,
    writes.map(({ before, document }) =>
      before === undefined ? { kind: 'create', document } : { kind: 'replace', document, etag: before.etag },
    ),
  );
}

/** `putShards` for one. */
export async function putShard(
  deps: Pick<Deps, 'shards' | 'journal'>,
  scope: Scope,
  write: ShardWrite,
): Promise<WriteResult> {
  const [result] = await putShards(deps, scope, [write]);
  if (result === undefined) throw new Error(`The write of ${write.document.id} has no result`);
  return result;
}
