import type { MappingTarget } from '../../contracts/mapping.ts';
import type { Program } from './deferral.ts';
import type { Rule } from './rule.ts';

type Path = readonly (string | number)[];

/** What tenants wrote in a mapping, and where. */
export function findPrograms(targets: readonly MappingTarget[]): { program: Program; path: Path }[] {
  return findRules(targets).flatMap(({ rule, path }) => [
    ...(rule.template === undefined
      ? []
      : [{ program: { language: 'template' as const, source: rule.template }, path: [...path, 'template'] }]),
    ...(rule.script === undefined
      ? []
      : [{ program: { language: 'script' as const, source: rule.script }, path: [...path, 'script'] }]),
  ]);
}

/** Every shard type that a mapping names, and where. */
export function findShardTypeNames(targets: readonly MappingTarget[]): { shardTypeId: string; path: Path }[] {
  return [
    ...targets.map(({ shardTypeId }, index) => ({ shardTypeId, path: [index, 'shardTypeId'] })),
    ...findRules(targets).flatMap(({ rule, path }) =>
      rule.lookup === undefined
        ? []
        : [{ shardTypeId: rule.lookup.shardTypeId, path: [...path, 'lookup', 'shardTypeId'] }],
    ),
  ];
}

function findRules(targets: readonly MappingTarget[]): { rule: Rule; path: Path }[] {
  return targets.flatMap((target, index) => [
    ...rulesOf(target.fields, [index, 'fields']),
    ...rulesOf(target.reverse, [index, 'reverse']),
  ]);
}

function rulesOf(rules: readonly Rule[], place: Path): { rule: Rule; path: Path }[] {
  return rules.flatMap((rule, index) => [
    { rule, path: [...place, index] },
    ...rulesOf(rule.items?.fields ?? [], [...place, index, 'items', 'fields']),
  ]);
}
