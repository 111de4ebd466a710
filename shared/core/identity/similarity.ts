import { areNicknames } from './nicknames.ts';
import type { ValueKind } from './normalise.ts';

/** How alike two normalised values are: 1 for equal ones, symmetric, in [0, 1]. */
export function similarity(kind: ValueKind, one: string, other: string): number {
  if (one === other) return 1;
  // Pairing words and letters is greedy: in one order only, it is symmetric.
  const [left, right] = one < other ? [one, other] : [other, one];
  switch (kind) {
    case 'person-name':
      return personNames(left.split(' '), right.split(' '));
    case 'company-name':
    case 'text':
      return Math.max(jaroWinkler(left, right), bestPairing(left.split(' '), right.split(' '), jaroWinkler));
    case 'email': {
      const [local = '', domain = ''] = left.split('@');
      const [otherLocal = '', otherDomain = ''] = right.split('@');
      return domain === otherDomain ? jaroWinkler(local, otherLocal) * 0.9 : 0;
    }
    case 'phone':
    case 'domain':
      return 0;
  }
}

/**
 * Jaro-Winkler: letters in common within half the longer text, less the transposed ones, with a bonus for a common beginning of up to four
 * (Winkler 1990).
 */
export function jaroWinkler(left: string, right: string): number {
  if (left === right) return 1;
  const a = [...left];
  const b = [...right];
  if (a.length === 0 || b.length === 0) return 0;
  const reach = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1);
  const taken = new Array<boolean>(b.length).fill(false);
  const common: string[] = [];
  for (const [index, letter] of a.entries()) {
    const end = Math.min(b.length, index + reach + 1);
    for (let other = Math.max(0, index - reach); other < end; other += 1) {
      if (taken[other] === true || b[other] !== letter) continue;
      taken[other] = true;
      common.push(letter);
      break;
    }
  }
  if (common.length === 0) return 0;
  const others = b.filter((_, index) => taken[index]);
  const transposed = common.filter((letter, index) => letter !== others[index]).length / 2;
  const share = common.length;
  const jaro = (share / a.length + share / b.length + (share - transposed) / share) / 3;
  let prefix = 0;
  while (prefix < 4 && prefix < a.length && a[prefix] === b[prefix]) prefix += 1;
  return jaro + prefix * 0.1 * (1 - jaro);
}

/** Alike but not the same: an initial, a nickname. */
const initialScore = 0.88;
const nicknameScore = 0.96;

function personWords(left: string, right: string): number {
  if (left === right) return 1;
  const [short, long] = left.length < right.length ? [left, right] : [right, left];
  if ([...short].length === 1) return long.startsWith(short) ? initialScore : 0;
  if (areNicknames(left, right)) return nicknameScore;
  return jaroWinkler(left, right);
}

/**
 * Words in any order, each paired with its best match. A single word that differs makes two people, whatever the rest: Ana and Tom Novak are
 * alike by little more than half.
 */
function personNames(left: readonly string[], right: readonly string[]): number {
  const paired = bestPairing(left, right, personWords);
  const joined = jaroWinkler(left.join(''), right.join(''));
  return left.length === right.length ? paired : Math.max(paired, joined * 0.95);
}

type Score = (left: string, right: string) => number;

/** The mean over the shorter list of each word's best partner, with the worst pair weighing as much as all; a word over costs little. */
function bestPairing(left: readonly string[], right: readonly string[], score: Score): number {
  const [short, long] = left.length <= right.length ? [left, right] : [right, left];
  const pairs = short.flatMap((word, at) => long.map((other, to) => ({ at, to, value: score(word, other) })));
  pairs.sort((a, b) => b.value - a.value || a.at - b.at || a.to - b.to);
  const usedShort = new Set<number>();
  const usedLong = new Set<number>();
  const values: number[] = [];
  for (const { at, to, value } of pairs) {
    if (usedShort.has(at) || usedLong.has(to)) continue;
    usedShort.add(at);
    usedLong.add(to);
    values.push(value);
  }
  if (values.length === 0) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const worst = Math.min(...values);
  const extra = long.length - short.length;
  const single = short.length === 1 && long.length > 1 ? 0.12 : 0;
  return Math.max(0, (mean + worst) / 2 - Math.min(extra, 2) * 0.02 - single);
}
