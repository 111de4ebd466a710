import type { JournalDocument } from '../../core/documents/journal.ts';
import type { Deps } from '../../core/ports.ts';
import type { ShardHistory } from '../../core/rollback/judge-shard.ts';
import type { RollbackStep } from '../../core/rollback/plan-rollback.ts';
import type { Scope } from '../../core/scope.ts';

type Needs = Pick<Deps, 'journal' | 'shards'>;

/** A shard that the execution may have written, with those of its journal entries that are known. */
export interface Candidate {
  readonly shardId: string;
  readonly entries: readonly JournalDocument[];
  readonly complete: boolean;
}

export interface CandidatePage {
  readonly candidates: readonly Candidate[];
  /** The id after which the next page begins; absent after the last. */
  readonly next?: string | undefined;
}

/** As many documents are worth one set of round trips. */
export const largestPage = 200;

export interface CandidateRange {
  readonly executionId: string;
  readonly step: RollbackStep;
  /** Where the page begins; absent for the first. */
  readonly afterId?: string | undefined;
  readonly limit: number;
}

/** A page of the shards that an execution changed or created, in the order of their ids; the same page whenever it is asked. */
export function readCandidates(deps: Needs, scope: Scope, range: CandidateRange): Promise<CandidatePage> {
  return range.step === 'changed' ? readChanged(deps, scope, range) : readCreated(deps, scope, range);
}

/** Entries of one shard follow each other; those that a full page may have cut off are read after it. */
async function readChanged(
  deps: Needs,
  scope: Scope,
  { executionId, afterId, limit }: CandidateRange,
): Promise<CandidatePage> {
  const filters = [{ field: 'cause.id', is: 'equal' as const, value: executionId }];
  const found = await deps.journal.list(scope, { filters, order: 'ascending', afterId, limit });
  const entries = found.map(({ document }) => document);
  let last = entries.at(-1);
  const isFull = entries.length === limit;
  while (isFull && last !== undefined) {
    const rest: { readonly document: JournalDocument }[] = await deps.journal.list(scope, {
      partition: last.shardId,
      filters,
      order: 'ascending',
      afterId: last.id,
      limit,
    });
    entries.push(...rest.map(({ document }) => document));
    last = entries.at(-1);
    if (rest.length < limit) break;
  }
  const byShard = Map.groupBy(entries, ({ shardId }) => shardId);
  const candidates = [...byShard].map(([shardId, own]) => ({ shardId, entries: own, complete: false }));
  return { candidates, ...(isFull && last !== undefined ? { next: last.id } : {}) };
}

async function readCreated(
  deps: Needs,
  scope: Scope,
  { executionId, afterId, limit }: CandidateRange,
): Promise<CandidatePage> {
  const found = await deps.shards.list(scope, {
    filters: [{ field: 'createdIn', is: 'equal', value: executionId }],
    order: 'ascending',
    afterId,
    limit,
  });
  const last = found.at(-1);
  return {
    candidates: found.map(({ document }) => ({ shardId: document.id, entries: [], complete: false })),
    ...(found.length === limit && last !== undefined ? { next: last.document.id } : {}),
  };
}

/** Journals read side by side: each is a partition of its own. */
const partitionsAtOnce = 25;

/** All that the journal holds of these shards. Only where the execution's own entries do not tell: a query a shard. */
export async function readEntries(
  deps: Pick<Deps, 'journal'>,
  scope: Scope,
  shardIds: readonly string[],
): Promise<Map<string, Pick<ShardHistory, 'entries' | 'complete'>>> {
  const found = new Map<string, Pick<ShardHistory, 'entries' | 'complete'>>();
  for (let at = 0; at < shardIds.length; at += partitionsAtOnce) {
    const some = shardIds.slice(at, at + partitionsAtOnce);
    const all = await Promise.all(some.map((id) => readJournal(deps, scope, id)));
    for (const [index, id] of some.entries()) found.set(id, { entries: all[index] ?? [], complete: true });
  }
  return found;
}

async function readJournal(deps: Pick<Deps, 'journal'>, scope: Scope, shardId: string): Promise<JournalDocument[]> {
  const entries: JournalDocument[] = [];
  for (;;) {
    const found: { readonly document: JournalDocument }[] = await deps.journal.list(scope, {
      partition: shardId,
      filters: [],
      order: 'ascending',
      afterId: entries.at(-1)?.id,
      limit: largestPage,
    });
    entries.push(...found.map(({ document }) => document));
    if (found.length < largestPage) return entries;
  }
}
