import { type Counts, countOutcome, noCounts, type Outcome } from '../../core/counts.ts';
import { type LeftRecordDocument, leftRecordIdOf } from '../../core/documents/left-record.ts';
import type { Deps } from '../../core/ports.ts';
import { type HowToUndo, undoShard } from '../../core/rollback/undo-shard.ts';
import type { Scope } from '../../core/scope.ts';
import { putShards, type ShardWrite } from '../put-shards.ts';
import { reopenLinks } from '../reopen-links.ts';
import { type Judged, judgeCandidates, type Undoing } from './judge-candidates.ts';
import type { Candidate } from './read-candidates.ts';

/** A pass ends early only where someone else writes the same shards. */
const maximumPasses = 40;

export interface UndoInput extends Undoing, HowToUndo {
  readonly rollbackId: string;
}

/**
 * Takes back one page of shards set-wise, and lists those that it leaves. Repeating it after a crash between any two writes finds what was done by the
 * shards' causes.
 *
 * @param keepHold asked before every round of writes; false when another worker has taken the rollback over
 * @returns outcomes of the shards; `undefined` when the rollback was taken over
 */
export async function undoPage(
  deps: Pick<Deps, 'shards' | 'journal' | 'links' | 'runs'>,
  scope: Scope,
  input: UndoInput,
  candidates: readonly Candidate[],
  keepHold: () => Promise<boolean>,
): Promise<Counts | undefined> {
  const counts = noCounts();
  const left: LeftRecordDocument[] = [];
  let open = candidates;
  for (let pass = 0; open.length > 0; pass += 1) {
    if (pass === maximumPasses)
      throw new Error(`${open.length} shards could not be taken back: others keep changing them`);
    const judged = await judgeCandidates(deps, scope, input, open);
    if (!(await keepHold())) return undefined;
    const lost = await write(deps, scope, input, judged);
    open = lost.map(({ candidate }) => candidate);
    const again = new Set(open);
    for (const each of judged) {
      if (again.has(each.candidate)) continue;
      const outcome = outcomeOf(each);
      if (outcome !== undefined) countOutcome(counts, outcome);
      const { verdict } = each;
      if (verdict.kind === 'left') left.push(leftRecord(scope, input, each.candidate.shardId, verdict));
    }
  }
  await deps.runs.leftRecords.writeMany(
    scope,
    left.map((document) => ({ kind: 'upsert', document })),
  );
  return counts;
}

/** Returns those that someone else changed meanwhile. */
async function write(
  deps: Pick<Deps, 'shards' | 'journal' | 'links'>,
  scope: Scope,
  input: UndoInput,
  judged: readonly Judged[],
): Promise<Judged[]> {
  const wanted = judged.flatMap((each): { readonly judged: Judged; readonly write: ShardWrite }[] => {
    const { shard, verdict } = each;
    if (shard === undefined || (verdict.kind !== 'restore' && verdict.kind !== 'delete')) return [];
    const document = undoShard(shard.document, verdict, input);
    return [{ judged: each, write: { before: shard, document } }];
  });
  const results = await putShards(
    deps,
    scope,
    wanted.map((each) => each.write),
  );
  const lost = new Set(wanted.flatMap((each, index) => (results[index]?.ok ? [] : [each.judged])));
  if (input.acceptProvider) {
    // After the shards: a link that was settled in between would say that nothing is to be done.
    const taken = judged.filter((each) => !lost.has(each) && outcomeOf(each) === 'updated');
    await reopenLinks(
      deps,
      scope,
      taken.flatMap(({ shard }) => Object.keys(shard?.document.sources ?? {})),
    );
  }
  return [...lost];
}

/** One that this rollback took back in an earlier try counts as such; one that was never written does not count at all. */
function outcomeOf({ verdict }: Judged): Outcome | undefined {
  if (verdict.kind === 'untouched') return undefined;
  if (verdict.kind === 'left') return 'skipped';
  return verdict.kind === 'undone' ? 'unchanged' : 'updated';
}

function leftRecord(
  { tenantId }: Scope,
  { rollbackId, cause }: UndoInput,
  shardId: string,
  { reason, by }: Extract<Judged['verdict'], { kind: 'left' }>,
): LeftRecordDocument {
  return {
    id: leftRecordIdOf(shardId),
    executionId: rollbackId,
    tenantId,
    kind: 'left-record',
    schemaVersion: 1,
    shardId,
    reason,
    ...(by === undefined ? {} : { by }),
    at: cause.at,
  };
}
