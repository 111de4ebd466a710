import type { KeyEntry } from '../documents/key.ts';
import type { Claim, Judgement, Matcher } from './compile-match-rules.ts';
import { mostEntries } from './key-entries.ts';

/** A record of the page, or one that was there before: where it is, or for a new record itself. */
export interface Member {
  /** A shard's id; for a record that has no shard yet, its link's. */
  readonly place: string;
  readonly form: Claim['form'];
  readonly isOfPage: boolean;
}

/** Two places whose records match, by the rule that says so most strongly. */
export interface Edge {
  readonly left: string;
  readonly right: string;
  readonly verdict: 'merge' | 'review';
  readonly rule: number;
  readonly score: number;
}

/** All who have one key: records of the page, and entries that count. */
export interface SharedKey {
  readonly rule: number;
  readonly members: Member[];
}

/** The keys of the page's records with everyone who has them. */
export function shareKeys(
  records: readonly { readonly place: string; readonly claims: readonly Claim[] }[],
  others: ReadonlyMap<string, readonly { readonly place: string; readonly entry: KeyEntry }[]>,
): Map<string, SharedKey> {
  const keys = new Map<string, SharedKey>();
  for (const { place, claims } of records) {
    for (const { key, rule, form } of claims) {
      const shared = keys.get(key) ?? { rule, members: [] };
      shared.members.push({ place, form, isOfPage: true });
      keys.set(key, shared);
    }
  }
  for (const [key, { members }] of keys) {
    for (const { place, entry } of others.get(key) ?? []) members.push({ place, form: entry.form, isOfPage: false });
  }
  return keys;
}

/** Every two places of which at least one is of the page and whose records match. The order of records does not matter. */
export function findEdges(matcher: Matcher, keys: Iterable<SharedKey>): Edge[] {
  const edges = new Map<string, Edge>();
  for (const { rule, members } of keys) {
    if (members.length > mostEntries) continue;
    for (const [index, one] of members.entries()) {
      if (!one.isOfPage) break;
      for (const other of members.slice(index + 1))
        note(edges, matcher.judge(rule, one.form, other.form), rule, one, other);
    }
  }
  return [...edges.values()];
}

function note(edges: Map<string, Edge>, { verdict, score }: Judgement, rule: number, one: Member, other: Member): void {
  if (verdict === 'none' || one.place === other.place) return;
  const [left, right] = one.place < other.place ? [one.place, other.place] : [other.place, one.place];
  const edge: Edge = { left, right, verdict, rule, score };
  const id = `${left} ${right}`;
  const known = edges.get(id);
  if (known === undefined || isStronger(edge, known)) edges.set(id, edge);
}

function isStronger(edge: Edge, than: Edge): boolean {
  if (edge.verdict !== than.verdict) return edge.verdict === 'merge';
  return edge.rule === than.rule ? edge.score > than.score : edge.rule < than.rule;
}
