import { createHash } from 'node:crypto';
import { canonicalText, shortHash } from '../canonical.ts';
import type { MergeCandidateDocument } from '../documents/merge-candidate.ts';
import type { ShardDocument } from '../documents/shard.ts';
import { composeId, timeOfId } from '../ids.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Matcher } from './compile-match-rules.ts';

/** Two shards, the older first: it survives. Ids sort by time, and forwarding goes to smaller ids only. */
export function orderPair(left: string, right: string): [survivorId: string, loserId: string] {
  return left < right ? [left, right] : [right, left];
}

/** One candidate a pair, whoever finds it. */
export function candidateIdOf(left: string, right: string): string {
  const [older, newer] = orderPair(left, right);
  return composeId('mergeCandidate', timeOfId(newer), createHash('sha256').update(`${older} ${newer}`).digest());
}

/** Whoever finds that two shards are one, as they are now, makes the same merge. */
export function mergeIdOf(survivor: ShardDocument, loser: ShardDocument): string {
  const at = Math.max(Date.parse(survivor.updatedAt), Date.parse(loser.updatedAt));
  const state = [survivor.id, survivor.revision, loser.id, loser.revision];
  return composeId('merge', at, createHash('sha256').update(JSON.stringify(state)).digest());
}

/** Names what both shards show to the rules: their keys and forms. */
export function valuesOf(matcher: Matcher, left: ShardDocument, right: ShardDocument): string {
  const [a, b] = left.id < right.id ? [left, right] : [right, left];
  return shortHash(JSON.stringify([profileOf(matcher, a), profileOf(matcher, b)]));
}

function profileOf(matcher: Matcher, shard: ShardDocument): string[] {
  const claims = Object.values(shard.sources).flatMap((source) =>
    source.deleted ? [] : matcher.claimsOf(source.externalBase as JsonObject),
  );
  return [...new Set(claims.map(({ key, form }) => canonicalText([key, (form ?? null) as Json])))].sort();
}

/** What a remembered pair means for a new finding of it. `reopen`: it was rejected under other rules or for other values. */
export type Remembrance =
  | { readonly kind: 'unknown' | 'known' | 'rejected' }
  | { readonly kind: 'reopen'; readonly because: NonNullable<MergeCandidateDocument['reopened']> };

export function remember(candidate: MergeCandidateDocument | undefined, rules: string, values: string): Remembrance {
  if (candidate === undefined) return { kind: 'unknown' };
  if (candidate.state !== 'rejected') return { kind: 'known' };
  if (candidate.rules !== rules) return { kind: 'reopen', because: 'rules-changed' };
  if (candidate.values !== values) return { kind: 'reopen', because: 'values-changed' };
  return { kind: 'rejected' };
}
