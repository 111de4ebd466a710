import type { MappingTarget, Transform } from '../../contracts/mapping.ts';
import { canonicalText } from '../canonical.ts';
import type { Json } from '../json.ts';
import type { Rule } from './rule.ts';

/** How a shard is written back to the provider's record, and which of its fields are not. */
export interface Reverse {
  /** Rules from the shard (`from`) to the record (`to`). */
  readonly rules: readonly Rule[];
  /** The shard's fields that the rules write back. */
  readonly covered: readonly string[];
  readonly notInvertible: readonly { readonly field: string; readonly reason: string }[];
}

/**
 * Follows each rule back, where it can be followed: a value that was normalised goes back as it is, a format is applied the other way round. What
 * is computed, chosen or lossy needs a rule of its own in `reverse`; such a rule also stands for what would follow otherwise.
 */
export function deriveReverse({ fields, reverse }: Pick<MappingTarget, 'fields' | 'reverse'>): Reverse {
  const explicit = new Set(reverse.map((rule) => rule.to));
  const explained = new Set(reverse.flatMap((rule) => rule.from ?? []));
  const rules: Rule[] = [];
  const covered: string[] = [];
  const notInvertible: { field: string; reason: string }[] = [];
  for (const [field, alternatives] of Map.groupBy<string, Rule>(fields, (rule) => rule.to)) {
    if (explained.has(field)) {
      covered.push(field);
      continue;
    }
    const inverse = invertField(alternatives);
    if (typeof inverse === 'string') notInvertible.push({ field, reason: inverse });
    else if (inverse !== undefined && !explicit.has(inverse.to)) {
      rules.push(inverse);
      covered.push(field);
    }
  }
  return { rules: [...rules, ...reverse], covered, notInvertible };
}

/** The inverse of one field; a text says why there is none, `undefined` that nothing is to be written. */
function invertField(alternatives: readonly Rule[]): Rule | string | undefined {
  const [rule, another] = alternatives;
  if (rule === undefined) return undefined;
  if (alternatives.some((each) => each.oneWay === true)) return 'is one-way';
  if (another !== undefined) return 'has alternatives';
  return invertRule(rule);
}

function invertRule(rule: Rule): Rule | string | undefined {
  if (rule.constant !== undefined) return undefined;
  if (rule.when !== undefined) return 'has a condition';
  const from = rule.from ?? rule.items?.from;
  if (from === undefined) return 'is computed';
  if (from.split('.').some((part) => part === '*' || /^\d+$/.test(part))) return 'reads a part of a list';
  const transforms = invertTransforms(rule.transforms);
  if (typeof transforms === 'string') return transforms;
  const inverse = { to: from, transforms, required: false };
  if (rule.items === undefined) return { ...inverse, from: rule.to };
  const fields: Rule[] = [];
  for (const inner of rule.items.fields) {
    const back = invertRule(inner);
    if (typeof back === 'string') return `holds "${inner.to}", which ${back}`;
    if (back !== undefined) fields.push(back);
  }
  return { ...inverse, items: { from: rule.to, fields } };
}

function invertTransforms(transforms: readonly Transform[]): Transform[] | string {
  const inverse: Transform[] = [];
  for (const transform of transforms.toReversed()) {
    const back = invertTransform(transform);
    if (typeof back === 'string') return back;
    inverse.push(...back);
  }
  return inverse;
}

const lossy = ['boolean', 'truncate', 'replace', 'replace-pattern'] as const;

/** Once applied, these change nothing more: what they gave is also what they take. */
const normalising = [
  'trim',
  'lower',
  'upper',
  'title',
  'string',
  'number',
  'boolean',
  'instant',
  'email',
  'url',
] as const;

function invertTransform(transform: Transform): Transform[] | string {
  if (typeof transform === 'string') {
    if (transform === 'first') return ['wrap'];
    if (transform === 'wrap') return ['first'];
    return (normalising as readonly string[]).includes(transform) ? [] : `loses what "${transform}" takes away`;
  }
  switch (transform.kind) {
    case 'title':
    case 'phone':
      return [];
    case 'number':
      return [{ kind: 'format-number', locale: transform.locale }];
    case 'format-number':
      return [{ kind: 'number', locale: transform.locale }];
    case 'date-time':
      return [{ ...transform, kind: 'format-date-time' }];
    case 'format-date-time':
      return [{ ...transform, kind: 'date-time' }];
    case 'date':
      return [{ ...transform, kind: 'format-date' }];
    case 'format-date':
      return [{ ...transform, kind: 'date' }];
    case 'split':
      return [{ kind: 'join', separator: transform.separator }];
    case 'join':
      return transform.separator === ''
        ? 'joins without a separator'
        : [{ kind: 'split', separator: transform.separator }];
    case 'values':
      return invertValues(transform);
    case 'each':
      return invertEach(transform);
    default:
      return (lossy as readonly string[]).includes(transform.kind) ? `loses what "${transform.kind}" takes away` : [];
  }
}

function invertValues({ map, otherwise }: Extract<Transform, { kind: 'values' }>): Transform[] | string {
  const targets = new Set(map.map(({ to }) => canonicalText(to as Json)));
  if (targets.size < map.length) return 'maps several values to one';
  return [{ kind: 'values', map: map.map(({ from, to }) => ({ from: to, to: from })), otherwise }];
}

function invertEach({ transforms }: Extract<Transform, { kind: 'each' }>): Transform[] | string {
  const inverse = invertTransforms(transforms);
  if (typeof inverse === 'string') return inverse;
  const inner = inverse.filter((step) => typeof step === 'string' || step.kind !== 'each');
  return inner.length === 0 ? [] : [{ kind: 'each', transforms: inner }];
}
