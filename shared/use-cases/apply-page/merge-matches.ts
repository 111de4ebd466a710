import type { MergeCandidateDocument } from '../../core/documents/merge-candidate.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import type { Matcher } from '../../core/identity/compile-match-rules.ts';
import { candidateIdOf, orderPair, remember, valuesOf } from '../../core/identity/merge-identity.ts';
import type { Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import { mergeShards } from '../merge-shards/merge-shards.ts';
import type { Stores } from './item.ts';

/** Two shards whose records match. */
export interface Match {
  readonly shardIds: readonly [string, string];
  /** Otherwise people decide. */
  readonly isAutomatic: boolean;
  readonly rule: string;
  readonly score: number;
}

/** A match of two shards that are still two, with what is remembered of them. */
interface Pair {
  readonly match: Match;
  readonly older: string;
  readonly newer: string;
  readonly shards: readonly [ShardDocument | undefined, ShardDocument | undefined];
  readonly candidate: Stored<MergeCandidateDocument> | undefined;
}

/** Merges matching shards, or puts them on the review list; what people rejected is left as it is. */
export async function mergeMatches(
  deps: Stores,
  scope: Scope,
  matcher: Matcher,
  matches: readonly Match[],
): Promise<void> {
  for (const pair of await findPairs(deps, scope, matches)) {
    const { match, shards, candidate } = pair;
    const [left, right] = shards;
    const values = left === undefined || right === undefined ? '' : valuesOf(matcher, left, right);
    const memory = remember(candidate?.document, matcher.rulesPrint, values);
    if (memory.kind === 'rejected') continue;
    if (memory.kind === 'reopen') {
      await propose(deps, scope, matcher, pair, { values, reopened: memory.because });
    } else if (match.isAutomatic) {
      await merge(deps, scope, matcher, pair);
    } else if (memory.kind === 'unknown') {
      await propose(deps, scope, matcher, pair, { values });
    }
  }
}

async function findPairs(deps: Stores, scope: Scope, matches: readonly Match[]): Promise<Pair[]> {
  const apart = matches.filter(({ shardIds: [left, right] }) => left !== right);
  if (apart.length === 0) return [];
  const found = await followForwarding(
    deps,
    scope,
    apart.flatMap(({ shardIds }) => shardIds),
  );
  const pairs = new Map<string, Omit<Pair, 'candidate'>>();
  for (const match of apart) {
    const [left, right] = match.shardIds.map((id) => found.get(id));
    if (left === undefined || right === undefined || left.id === right.id) continue;
    const [older, newer] = orderPair(left.id, right.id);
    const id = candidateIdOf(older, newer);
    if (pairs.get(id)?.match.isAutomatic === true) continue;
    pairs.set(id, { match, older, newer, shards: [left.stored?.document, right.stored?.document] });
  }
  const ids = [...pairs.keys()];
  const candidates = await deps.mergeCandidates.getMany(
    scope,
    ids.map((id) => ({ id })),
  );
  return [...pairs.values()].map((pair, index) => ({ ...pair, candidate: candidates[index] }));
}

async function merge(
  deps: Stores,
  scope: Scope,
  matcher: Matcher,
  { match, older, newer, candidate }: Pair,
): Promise<void> {
  const merged = await mergeShards(deps, scope, {
    shardIds: [older, newer],
    trigger: 'rule',
    rule: match.rule,
    rules: matcher.set,
  });
  if (candidate?.document.state !== 'open' || merged === undefined) return;
  const at = deps.now().toISOString();
  await deps.mergeCandidates.write(scope, {
    kind: 'replace',
    etag: candidate.etag,
    document: {
      ...candidate.document,
      state: 'accepted',
      mergeId: merged.id,
      decidedBy: scope.actor.id,
      decidedAt: at,
      updatedAt: at,
    },
  });
}

/** Losing the race to another worker means that the pair is on the list. */
async function propose(
  deps: Stores,
  scope: Scope,
  matcher: Matcher,
  { match, older, newer, candidate }: Pair,
  { values, reopened }: { values: string; reopened?: NonNullable<MergeCandidateDocument['reopened']> },
): Promise<void> {
  const at = deps.now().toISOString();
  const document: MergeCandidateDocument = {
    id: candidateIdOf(older, newer),
    tenantId: scope.tenantId,
    kind: 'merge-candidate',
    schemaVersion: 1,
    shardTypeId: matcher.shardTypeId,
    state: 'open',
    shardIds: [older, newer],
    rule: match.rule,
    score: match.score,
    rules: matcher.rulesPrint,
    values,
    ...(reopened === undefined ? {} : { reopened }),
    createdAt: candidate?.document.createdAt ?? at,
    updatedAt: at,
  };
  await deps.mergeCandidates.write(
    scope,
    candidate === undefined ? { kind: 'create', document } : { kind: 'replace', document, etag: candidate.etag },
  );
}
