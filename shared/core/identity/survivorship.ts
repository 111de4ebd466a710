import { sameValue } from '../canonical.ts';
import type { MatchRuleSet } from '../documents/match-rules.ts';
import type { ShardDocument, ShardSource } from '../documents/shard.ts';
import { readPath, removePath, writePath } from '../field-path.ts';
import { copyJson, isJsonObject, type Json, type JsonObject } from '../json.ts';
import { ownValue } from '../own-value.ts';

export type Sources = ShardDocument['sources'];
export type Strategy = MatchRuleSet['strategy'];
export type Path = readonly string[];

/** Which value a field takes that several sources fill. */
export type StrategyOf = (path: Path) => Strategy;

/** The strategy of a field is that of the longest path in the rules that leads to it. */
export function strategyOf(set: Pick<MatchRuleSet, 'strategy' | 'fieldStrategies'> | undefined): StrategyOf {
  if (set === undefined) return () => 'newest';
  return (path) => {
    for (let length = path.length; length > 0; length -= 1) {
      const found = ownValue(set.fieldStrategies, path.slice(0, length).join('.'));
      if (found !== undefined) return found;
    }
    return set.strategy;
  };
}

/**
 * The external value of a field: a function of the sources' bases alone, so that it does not matter which came first. The most complete
 * one or the newest; among equals that of the greater link.
 */
export function externalValue(sources: Sources, path: Path, strategy: Strategy): Json | undefined {
  let best: { readonly value: Json; readonly linkId: string; readonly source: ShardSource } | undefined;
  for (const [linkId, source] of Object.entries(sources)) {
    const value = source.deleted ? undefined : (readPath(source.externalBase, path) as Json | undefined);
    if (value === undefined) continue;
    const candidate = { value, linkId, source };
    if (best === undefined || compare(candidate, best, strategy) > 0) best = candidate;
  }
  return best?.value;
}

interface Candidate {
  readonly value: Json;
  readonly linkId: string;
  readonly source: ShardSource;
}

function compare(left: Candidate, right: Candidate, strategy: Strategy): number {
  if (strategy === 'most_complete') {
    const more = completeness(left.value) - completeness(right.value);
    if (more !== 0) return more;
  } else {
    // A blank is no value to prefer: it must not hide what another record knows.
    const filled = Number(completeness(left.value) > 0) - Number(completeness(right.value) > 0);
    if (filled !== 0) return filled;
  }
  const a = left.source.modifiedAt ?? '';
  const b = right.source.modifiedAt ?? '';
  if (a !== b) return a > b ? 1 : -1;
  return left.linkId > right.linkId ? 1 : -1;
}

/** How much a value says: 0 for a blank. */
export function completeness(value: Json): number {
  if (value === null) return 0;
  if (typeof value === 'string') return value.trim().length;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + completeness(each), 0);
  if (typeof value === 'object') return Object.values(value).reduce<number>((sum, each) => sum + completeness(each), 0);
  return 1;
}

/**
 * Three-way per field: what the sources' value changed from before to after is taken, what it left alone keeps ours. A value that was edited here
 * stays under `prefer_internal`.
 */
export function mergeSources(
  ours: JsonObject,
  before: Sources,
  after: Sources,
  paths: readonly Path[],
  strategies: StrategyOf,
): JsonObject {
  const merged = copyJson(ours);
  for (const path of paths) {
    const strategy = strategies(path);
    const base = externalValue(before, path, strategy);
    const theirs = externalValue(after, path, strategy);
    if (sameValue(base, theirs)) continue;
    const current = readPath(ours, path);
    if (strategy === 'prefer_internal' && current !== undefined && !sameValue(current, base)) continue;
    setPath(merged, path, theirs);
  }
  return merged;
}

export function setPath(target: JsonObject, path: Path, value: Json | undefined): void {
  if (value === undefined) removePath(target, path);
  else writePath(target, path, copyJson(value));
}

/** Every path to something that is not an object with fields, in all of the objects. */
export function leafPaths(objects: readonly JsonObject[]): Path[] {
  const found = new Map<string, Path>();
  const walk = (value: JsonObject, path: Path): void => {
    for (const [name, field] of Object.entries(value)) {
      const next = [...path, name];
      if (isJsonObject(field) && Object.keys(field).length > 0) walk(field, next);
      else found.set(JSON.stringify(next), next);
    }
  };
  for (const object of objects) walk(object, []);
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}
