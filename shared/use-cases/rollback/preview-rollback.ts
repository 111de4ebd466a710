import type { rollBackExecution as route } from '../../contracts/rollbacks.ts';
import { compareFields } from '../../core/compare-fields.ts';
import type { ExecutionDocument } from '../../core/documents/execution.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { leafPaths } from '../../core/identity/survivorship.ts';
import type { Deps } from '../../core/ports.ts';
import { rollbackSteps } from '../../core/rollback/plan-rollback.ts';
import type { Undo } from '../../core/rollback/undo-shard.ts';
import type { OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeCauses } from '../describe-causes.ts';
import { type Judged, judgeCandidates } from './judge-candidates.ts';
import { largestPage, readCandidates } from './read-candidates.ts';

type Foreseen = NonNullable<OutputOf<typeof route>['body']['foreseen']>;
type Needs = Pick<Deps, 'shards' | 'journal' | 'links' | 'now'>;

/** Of those that are taken back, and of those that are left. */
const samples = 10;

/** A request that lasts longer may be cut off on the way. */
const longestLookMs = 60_000;

/** What a rollback would do, without writing anything. Looks for a minute at most; of a longer one the counts are a part. */
export async function previewRollback(deps: Needs, scope: Scope, undone: ExecutionDocument): Promise<Foreseen> {
  const untilMs = deps.now().getTime() + longestLookMs;
  const counts = { restored: 0, deleted: 0, left: 0, alreadyUndone: 0 };
  const sample: Foreseen['sample'] = [];
  const left: LeftShard[] = [];
  for (const step of rollbackSteps) {
    const undoing = { executionId: undone.id, leavesOutCreated: step === 'changed' };
    for (let afterId: string | undefined; ; ) {
      const page = await readCandidates(deps, scope, { executionId: undone.id, step, afterId, limit: largestPage });
      for (const judged of await judgeCandidates(deps, scope, undoing, page.candidates)) {
        count(counts, judged);
        collect(judged, sample, left);
      }
      afterId = page.next;
      if (afterId === undefined) break;
      if (deps.now().getTime() >= untilMs)
        return { complete: false, counts, sample, left: await describe(deps, scope, left) };
    }
  }
  return { complete: true, counts, sample, left: await describe(deps, scope, left) };
}

type LeftShard = Judged & { readonly verdict: { readonly kind: 'left' } };

function count(counts: Foreseen['counts'], { verdict }: Judged): void {
  if (verdict.kind === 'restore') counts.restored += 1;
  else if (verdict.kind === 'delete') counts.deleted += 1;
  else if (verdict.kind === 'left') counts.left += 1;
  else if (verdict.kind === 'undone') counts.alreadyUndone += 1;
}

function collect(judged: Judged, sample: Foreseen['sample'], left: LeftShard[]): void {
  const { shard, verdict } = judged;
  if (verdict.kind === 'left') {
    if (left.length < samples) left.push(judged as LeftShard);
    return;
  }
  if (shard === undefined || sample.length === samples) return;
  if (verdict.kind === 'restore' || verdict.kind === 'delete') sample.push(foresee(shard.document, verdict));
}

function foresee(shard: ShardDocument, undo: Undo): Foreseen['sample'][number] {
  if (undo.kind === 'delete') return { shardId: shard.id, becomes: 'deleted', changes: [] };
  const { status, data } = undo.image;
  const changes = compareFields(shard.data, data, leafPaths([shard.data, data]));
  return { shardId: shard.id, becomes: status === 'merged' ? 'active' : status, changes };
}

async function describe(deps: Needs, scope: Scope, left: readonly LeftShard[]): Promise<Foreseen['left']> {
  const causes = await describeCauses(
    deps,
    scope,
    left.map(({ verdict }) => verdict.by),
  );
  return left.map(({ candidate, verdict }, index) => {
    const by = causes[index];
    return { shardId: candidate.shardId, reason: verdict.reason, ...(by === undefined ? {} : { by }) };
  });
}
