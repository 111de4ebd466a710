import { compileMatchRules } from '../../shared/core/identity/compile-match-rules.ts';
import { Groups } from '../../shared/core/identity/group.ts';
import { type Edge, findEdges, shareKeys } from '../../shared/core/identity/match-page.ts';
import { contactRules, type LabelledPerson } from './labelled-people.ts';

export interface MatchQuality {
  /** Pairs that are one person. */
  readonly truePairs: number;
  readonly merged: number;
  /** Of the merged pairs, the share that are one person. */
  readonly precision: number;
  /** Of the pairs that are one person, the share that were merged or wait for review. */
  readonly recall: number;
  /** Pairs of different people that wait for review. */
  readonly idleReviews: number;
  /** Pairs that were missed, by how the second record was written. */
  readonly missed: Readonly<Record<string, number>>;
}

/** How well the rules tell labelled people apart, pair by pair; what is joined through a third counts as merged. */
export function measureQuality(people: readonly LabelledPerson[], rules = contactRules): MatchQuality {
  const matcher = compileMatchRules('contact', rules);
  const records = people.map(({ id, fields }) => ({ place: id, claims: matcher.claimsOf({ ...fields }) }));
  const edges = findEdges(matcher, shareKeys(records, new Map()).values());
  const groups = new Groups();
  for (const { verdict, left, right } of edges) if (verdict === 'merge') groups.join(left, right);
  const byId = new Map(people.map((each) => [each.id, each]));
  const isOne = (left: string, right: string): boolean => byId.get(left)?.person === byId.get(right)?.person;
  const mergedPairs = groups.all().flatMap(pairsOf);
  const reviewed = new Set(edges.filter(({ verdict }) => verdict === 'review').map(nameOf));
  const right = mergedPairs.filter(([a, b]) => isOne(a, b)).length;
  const missed: Record<string, number> = {};
  let found = 0;
  const truePairs = pairsOfPeople(people);
  for (const [a, b] of truePairs) {
    if (groups.find(a.id) === groups.find(b.id) || reviewed.has(pairName(a.id, b.id))) found += 1;
    else missed[b.kind] = (missed[b.kind] ?? 0) + 1;
  }
  return {
    truePairs: truePairs.length,
    merged: mergedPairs.length,
    precision: right / mergedPairs.length,
    recall: found / truePairs.length,
    idleReviews: edges.filter(({ verdict, left, right: other }) => verdict === 'review' && !isOne(left, other)).length,
    missed,
  };
}

function pairsOf(group: readonly string[]): [string, string][] {
  return group.flatMap((one, index) => group.slice(index + 1).map((other): [string, string] => [one, other]));
}

function pairsOfPeople(people: readonly LabelledPerson[]): [LabelledPerson, LabelledPerson][] {
  const byPerson = new Map<number, LabelledPerson[]>();
  for (const each of people) byPerson.set(each.person, [...(byPerson.get(each.person) ?? []), each]);
  return [...byPerson.values()].flatMap(([one, other]) =>
    one === undefined || other === undefined ? [] : [[one, other] as [LabelledPerson, LabelledPerson]],
  );
}

function nameOf({ left, right }: Edge): string {
  return pairName(left, right);
}

function pairName(left: string, right: string): string {
  return left < right ? `${left} ${right}` : `${right} ${left}`;
}
