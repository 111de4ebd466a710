import { canonicalText } from '../canonical.ts';
import type { Json } from '../json.ts';

/** Which signs separate the items of a text that is a list, as multi-select fields and tag fields write it. */
const separators = [';', '\n', ','] as const;

/**
 * Unites what both sides did to a list since the base: ours, without what they took out, with what they added. Lists are arrays of plain values,
 * or texts of items with one separator. `undefined` where the values are no lists.
 */
export function mergeLists(base: Json | undefined, ours: Json | undefined, theirs: Json | undefined): Json | undefined {
  const values = [base, ours, theirs];
  if (values.every((value) => value === undefined || value === null || isPlainList(value))) {
    const [b, o, t] = values.map((value) => (Array.isArray(value) ? value : []));
    return values.some(Array.isArray) ? unite(b ?? [], o ?? [], t ?? []) : undefined;
  }
  if (!values.every((value) => value === undefined || value === null || typeof value === 'string')) return undefined;
  const separator = separatorOf(values.filter((value) => typeof value === 'string'));
  if (separator === undefined) return undefined;
  const [b, o, t] = values.map((value) => itemsOf(value, separator));
  return unite(b ?? [], o ?? [], t ?? []).join(joinOf(values, separator));
}

function isPlainList(value: Json): value is Json[] {
  return Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null);
}

function unite(base: readonly Json[], ours: readonly Json[], theirs: readonly Json[]): Json[] {
  const [inBase, inOurs, inTheirs] = [base, ours, theirs].map((list) => new Set(list.map(canonicalText)));
  const united = new Map<string, Json>();
  for (const item of ours) {
    const text = canonicalText(item);
    if (inTheirs?.has(text) === true || inBase?.has(text) !== true) united.set(text, item);
  }
  for (const item of theirs) {
    const text = canonicalText(item);
    if (inOurs?.has(text) !== true && inBase?.has(text) !== true) united.set(text, item);
  }
  return [...united.values()];
}

/** The one that the texts have in common; a text of a single item has none and fits any. */
function separatorOf(texts: readonly string[]): (typeof separators)[number] | undefined {
  const used = separators.filter((separator) => texts.some((text) => text.includes(separator)));
  return used.length === 1 ? used[0] : used.find((separator) => separator === ';' || separator === '\n');
}

function itemsOf(value: Json | undefined, separator: string): Json[] {
  if (typeof value !== 'string') return [];
  return value
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Writes the list as it was written: with or without a blank after the separator. */
function joinOf(values: readonly (Json | undefined)[], separator: string): string {
  return values.some((value) => typeof value === 'string' && value.includes(`${separator} `))
    ? `${separator} `
    : separator;
}
