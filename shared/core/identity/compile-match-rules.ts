import { canonicalText, shortHash } from '../canonical.ts';
import type { MatchRuleSet } from '../documents/match-rules.ts';
import { readPath } from '../field-path.ts';
import type { Json, JsonObject } from '../json.ts';
import { normalise, soundOf, type ValueKind } from './normalise.ts';
import { similarity } from './similarity.ts';

type Rule = MatchRuleSet['rules'][number];

/** One key of a record, and in the block of a fuzzy rule the values that are compared there. */
export interface Claim {
  readonly key: string;
  readonly rule: number;
  readonly form?: readonly (string | null)[];
}

/** What two records of one key are to each other. */
export interface Judgement {
  readonly verdict: 'merge' | 'review' | 'none';
  /** In [0, 1]. */
  readonly score: number;
}

/** The match rules of a shard type, made ready for many records. */
export interface Matcher {
  readonly set: MatchRuleSet;
  readonly shardTypeId: string;
  /** Names what the rules and strategies do. */
  readonly fingerprint: string;
  /** Names what the rules alone do. */
  readonly rulesPrint: string;
  claimsOf(data: JsonObject): Claim[];
  judge(rule: number, left: Claim['form'], right: Claim['form']): Judgement;
  nameOf(rule: number): string;
}

/** Longer text says nothing more about who someone is. */
const longestForm = 120;

interface Reader {
  readonly paths: readonly (readonly string[])[];
  readonly as: ValueKind;
  readonly part: 'whole' | 'initial' | 'sound';
}

interface CompiledRule {
  readonly rule: Rule;
  /** Begins every key of the rule: what makes values equal, but no thresholds. */
  readonly signature: string;
  readonly key: readonly Reader[];
  readonly compare: readonly Reader[];
}

export function compileMatchRules(shardTypeId: string, set: MatchRuleSet): Matcher {
  const country = set.defaultCountry;
  const rules = set.rules.map((rule) => compileRule(shardTypeId, rule, country));
  const print = (meaning: object): string =>
    shortHash(canonicalText([shardTypeId, JSON.parse(JSON.stringify(meaning)) as Json]));
  return {
    set,
    shardTypeId,
    fingerprint: print([set.rules, country ?? '', set.strategy, set.fieldStrategies]),
    rulesPrint: print([set.rules, country ?? '']),
    claimsOf: (data) =>
      rules.flatMap((rule, index) => {
        const values = readAll(rule.key, data, country);
        if (values.some((value) => value === null)) return [];
        const key = shortHash(`${rule.signature} ${JSON.stringify(values)}`);
        if (rule.compare.length === 0) return [{ key, rule: index }];
        const form = readAll(rule.compare, data, country);
        return form.every((value) => value === null) ? [] : [{ key, rule: index, form }];
      }),
    judge: (index, left, right) => judge(rules[index], left, right),
    nameOf: (index) => rules[index]?.rule.name ?? '',
  };
}

function compileRule(shardTypeId: string, rule: Rule, country: string | undefined): CompiledRule {
  const key = rule.key.map(({ fields, as, part }) => readerOf(fields, as, part));
  const compare = rule.kind === 'exact' ? [] : rule.compare.map(({ fields, as }) => readerOf(fields, as, 'whole'));
  const signature = shortHash(JSON.stringify([shardTypeId, rule.kind, key, compare, country ?? '']));
  return { rule, signature, key, compare };
}

function readerOf(fields: readonly string[], as: ValueKind, part: Reader['part']): Reader {
  return { paths: fields.map((field) => field.split('.')), as, part };
}

function readAll(readers: readonly Reader[], data: JsonObject, country: string | undefined): (string | null)[] {
  return readers.map((reader) => readValue(reader, data, country) ?? null);
}

function readValue({ paths, as, part }: Reader, data: JsonObject, country: string | undefined): string | undefined {
  const texts: string[] = [];
  for (const path of paths) {
    const value = readPath(data, path);
    if (typeof value === 'string' && value !== '') texts.push(value);
    else if (typeof value === 'number') texts.push(String(value));
  }
  if (texts.length === 0) return undefined;
  const normalised = normalise(as, texts.join(' '), country);
  if (normalised === undefined) return undefined;
  if (part === 'sound') return soundOf(normalised);
  return part === 'initial' ? [...normalised][0] : normalised.slice(0, longestForm);
}

const none: Judgement = { verdict: 'none', score: 0 };

/** Fields that one of the two lacks say nothing; when none is left, nor does the rule. */
function judge(compiled: CompiledRule | undefined, left: Claim['form'], right: Claim['form']): Judgement {
  if (compiled === undefined) return none;
  const { rule, compare } = compiled;
  if (rule.kind === 'exact') return { verdict: 'merge', score: 1 };
  let sum = 0;
  let weights = 0;
  for (const [index, { as }] of compare.entries()) {
    const a = left?.[index];
    const b = right?.[index];
    if (a === null || a === undefined || b === null || b === undefined) continue;
    const weight = rule.compare[index]?.weight ?? 1;
    sum += weight * similarity(as, a, b);
    weights += weight;
  }
  if (weights === 0) return none;
  const score = Math.round((sum / weights) * 1000) / 1000;
  if (score >= rule.mergeAt) return { verdict: 'merge', score };
  return { verdict: score >= rule.reviewAt ? 'review' : 'none', score };
}
