import type { ShardDocument } from '../../core/documents/shard.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import { judgeShard, type Verdict } from '../../core/rollback/judge-shard.ts';
import type { Scope } from '../../core/scope.ts';
import { type Candidate, readEntries } from './read-candidates.ts';

export interface Judged {
  readonly candidate: Candidate;
  readonly shard: Stored<ShardDocument> | undefined;
  readonly verdict: Exclude<Verdict, { kind: 'unclear' }>;
}

export interface Undoing {
  /** The execution that is taken back. */
  readonly executionId: string;
  /** The one that takes it back; absent in a preview. */
  readonly rollbackId?: string | undefined;
  /** Shards that the execution created are judged as such, and not once more among those that it changed. */
  readonly leavesOutCreated: boolean;
}

/** Reads the shards as they are and says what is to become of each. What more of the journal has to be known is read set-wise too. */
export async function judgeCandidates(
  deps: Pick<Deps, 'shards' | 'journal'>,
  scope: Scope,
  { executionId, rollbackId, leavesOutCreated }: Undoing,
  candidates: readonly Candidate[],
): Promise<Judged[]> {
  const shards = await deps.shards.getMany(
    scope,
    candidates.map(({ shardId }) => ({ id: shardId })),
  );
  const known = candidates.flatMap((candidate, index) => {
    const shard = shards[index];
    if (leavesOutCreated && shard?.document.createdIn === executionId) return [];
    const history = { ...candidate, shard: shard?.document };
    return [{ candidate, shard, verdict: judgeShard(history, executionId, rollbackId) }];
  });
  const unclear = known.flatMap(({ candidate, verdict }) => (verdict.kind === 'unclear' ? [candidate.shardId] : []));
  const entries = await readEntries(deps, scope, unclear);
  return known.map(({ candidate, shard, verdict }) => {
    if (verdict.kind !== 'unclear') return { candidate, shard, verdict };
    const all = entries.get(candidate.shardId) ?? { entries: [], complete: true };
    const settled = judgeShard({ ...all, shard: shard?.document }, executionId, rollbackId);
    if (settled.kind === 'unclear') throw new Error(`The journal of ${candidate.shardId} was read and does not tell`);
    return { candidate, shard, verdict: settled };
  });
}
