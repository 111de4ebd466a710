import type { ConflictPolicy } from '../../contracts/conflict-policy.ts';
import { sameValue } from '../canonical.ts';
import type { Json } from '../json.ts';
import { ownValue } from '../own-value.ts';
import { mergeLists } from './merge-lists.ts';
import { sameMeaning } from './same-meaning.ts';

type Value = Json | undefined;

/** One field as each side has it, and as each had it when they last agreed. */
export interface FieldSides {
  /** What the other side showed when both agreed. */
  readonly externalBase: Value;
  /** What we had when both agreed; differs from `externalBase` where the provider writes values its own way. */
  readonly internalBase: Value;
  readonly ours: Value;
  readonly theirs: Value;
  /** It waits for a person already: what is ours is asked about whatever it has become, until both sides meet or theirs is taken back. */
  readonly isHeld?: boolean;
  /** When either side came to its value, ISO 8601 UTC; absent where that is not known, or cannot be trusted. */
  readonly oursAt?: string | undefined;
  readonly theirsAt?: string | undefined;
}

/**
 * `agreed`: neither moved, or both to the same. `ours`: ours stands and is to be pushed. `theirs`: theirs is taken. `merged`: a value that is neither.
 * `conflict`: a person decides; ours stands and is not pushed. `settled` says that a conflict was settled by the policy.
 */
export type FieldDecision =
  | { readonly kind: 'agreed' | 'ours' | 'theirs'; readonly settled: boolean }
  | { readonly kind: 'merged'; readonly value: Json; readonly settled: true }
  | { readonly kind: 'conflict' };

const agreed: FieldDecision = { kind: 'agreed', settled: false };
const ours: FieldDecision = { kind: 'ours', settled: false };
const theirs: FieldDecision = { kind: 'theirs', settled: false };
const oursWon: FieldDecision = { kind: 'ours', settled: true };
const theirsWon: FieldDecision = { kind: 'theirs', settled: true };
const conflict: FieldDecision = { kind: 'conflict' };

/** Merges one field three-way, each side against its own base. */
export function decideField(sides: FieldSides, policy: ConflictPolicy): FieldDecision {
  const theyMoved = !sameValue(sides.theirs, sides.externalBase);
  // Who came to what the other side has had all along has nothing to tell it.
  const weMoved = !sameValue(sides.ours, sides.internalBase) && !sameValue(sides.ours, sides.externalBase);
  if (!theyMoved) return weMoved ? ours : agreed;
  if (!weMoved && sides.isHeld !== true) return theirs;
  if (sameMeaning(sides.ours, sides.theirs)) return agreed;
  return settle(sides, policy);
}

function settle(sides: FieldSides, policy: ConflictPolicy): FieldDecision {
  switch (policy) {
    case 'external_wins':
      return theirsWon;
    case 'internal_wins':
      return oursWon;
    case 'newest':
      return newest(sides);
    case 'merge': {
      const value = mergeLists(sides.internalBase, sides.ours, sides.theirs);
      return value === undefined ? conflict : { kind: 'merged', value, settled: true };
    }
    case 'manual':
      return conflict;
  }
}

/** Providers drop fractions of a second: what lies closer together is a tie. */
const tieMs = 1000;

function newest({ oursAt, theirsAt }: FieldSides): FieldDecision {
  const apartMs = Date.parse(theirsAt ?? '') - Date.parse(oursAt ?? '');
  if (!(Math.abs(apartMs) >= tieMs)) return conflict;
  return apartMs > 0 ? theirsWon : oursWon;
}

/** How far a clock may be ahead of ours before its times are no longer taken for true. */
const trustedAheadMs = 5 * 60_000;

/** A time of modification that can be compared with ours; `undefined` for one that lies in the future, or is none. */
export function trustedTime(at: string | undefined, now: string): string | undefined {
  if (at === undefined) return undefined;
  return Date.parse(at) <= Date.parse(now) + trustedAheadMs ? at : undefined;
}

/** The policy of a field is that of the longest path in the settings that leads to it. */
export function policyOf(
  settings: { readonly policy: ConflictPolicy; readonly fields: Readonly<Record<string, ConflictPolicy>> },
  path: readonly string[],
): ConflictPolicy {
  for (let length = path.length; length > 0; length -= 1) {
    const found = ownValue(settings.fields, path.slice(0, length).join('.'));
    if (found !== undefined) return found;
  }
  return settings.policy;
}
