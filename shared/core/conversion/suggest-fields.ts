import type { Transform } from '../../contracts/mapping.ts';
import type { DescribedField } from '../adapter.ts';
import { isJsonObject, type JsonObject } from '../json.ts';

export interface SuggestedField {
  readonly to: string;
  readonly from: string;
  readonly transforms: Transform[];
  /** From 0 to 1: how alike the names are. */
  readonly likeness: number;
}

export interface Suggestion {
  readonly fields: readonly SuggestedField[];
  /** The provider's fields that nothing was found for. */
  readonly unmatched: readonly string[];
}

/** Names that mean the same, by the word that stands for them. */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  first: ['firstname', 'givenname', 'given', 'forename'],
  last: ['lastname', 'surname', 'familyname', 'family'],
  full: ['fullname', 'displayname'],
  email: ['mail', 'emailaddress', 'primaryemail'],
  phone: ['telephone', 'tel', 'mobile', 'phonenumber', 'cell'],
  company: ['organization', 'organisation', 'account', 'employer'],
  website: ['web', 'homepage', 'url', 'site'],
  city: ['town', 'locality'],
  region: ['state', 'province', 'county'],
  postalcode: ['zip', 'zipcode', 'postcode', 'postal'],
  street: ['addressline1', 'line1', 'streetaddress'],
  country: ['countrycode', 'nation'],
  amount: ['value', 'total', 'price'],
  closesat: ['closedate', 'closingdate', 'expectedclose'],
  jobtitle: ['title', 'position', 'role'],
  employees: ['employeecount', 'headcount', 'numberofemployees'],
  industry: ['sector', 'branch'],
  createdat: ['created', 'creationdate', 'createdtime'],
  modifiedat: ['modified', 'updatedat', 'updated', 'lastmodified'],
  sentat: ['sent', 'sentdate', 'date'],
};

const standsFor = new Map(Object.entries(synonyms).flatMap(([word, names]) => names.map((name) => [name, word])));

/** Less alike than this is a guess that helps nobody. */
const leastLikeness = 0.5;

/** Which of a provider's fields may be which of a shard type's: by name, with the transforms that the kinds of value ask for. */
export function suggestFields(described: readonly DescribedField[], schema: JsonObject): Suggestion {
  const wanted = leavesOf(schema, []);
  const pairs = described.flatMap((field) =>
    wanted.map((leaf) => ({ field, leaf, likeness: likenessOf(wordsOf(field.path), wordsOf(leaf.path)) })),
  );
  const ranked = pairs
    .filter(({ likeness }) => likeness >= leastLikeness)
    .sort(
      (a, b) =>
        b.likeness - a.likeness || compareText(a.leaf.path, b.leaf.path) || compareText(a.field.path, b.field.path),
    );
  const chosen = new Map<string, SuggestedField>();
  const used = new Set<string>();
  for (const { field, leaf, likeness } of ranked) {
    if (chosen.has(leaf.path) || used.has(field.path)) continue;
    used.add(field.path);
    const transforms = transformsFor(field, leaf);
    chosen.set(leaf.path, { to: leaf.path, from: field.path, transforms, likeness: Math.round(likeness * 100) / 100 });
  }
  return {
    fields: [...chosen.values()].sort((a, b) => compareText(a.to, b.to)),
    unmatched: described.map(({ path }) => path).filter((path) => !used.has(path)),
  };
}

interface Leaf {
  readonly path: string;
  readonly types: readonly string[];
  readonly format: string | undefined;
}

function leavesOf(schema: JsonObject, path: readonly string[]): Leaf[] {
  const properties = schema['properties'];
  if (isJsonObject(properties) && path.length < 6) {
    return Object.entries(properties).flatMap(([name, property]) =>
      isJsonObject(property) ? leavesOf(property, [...path, name]) : [],
    );
  }
  const type = schema['type'];
  const types = (Array.isArray(type) ? type : [type]).filter((each) => typeof each === 'string');
  const format = schema['format'];
  return [{ path: path.join('.'), types, format: typeof format === 'string' ? format : undefined }];
}

/** `primary_emailAddress.0` → primary, email. The last words say most. */
function wordsOf(path: string): string[] {
  const words = path
    .split('.')
    .filter((part) => !/^(\*|\d+|attributes|properties|fields|data)$/.test(part))
    .flatMap((part) => {
      const joined = part.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();
      const whole = standsFor.get(joined) ?? (joined in synonyms ? joined : undefined);
      return whole === undefined
        ? part
            .split(/[_-]|(?<=[a-z0-9])(?=[A-Z])/)
            .map((word) => standsFor.get(word.toLowerCase()) ?? word.toLowerCase())
        : [whole];
    })
    .filter((word) => word !== '')
    .map((word) => (word.length > 3 && /[^s]s$/.test(word) ? word.slice(0, -1) : word))
    .map((word) => standsFor.get(word) ?? word);
  // `emails.0.address` says as much as `emailAddress`.
  const pair = standsFor.get(words.slice(-2).join(''));
  return pair === undefined || words.length < 2 ? words : [...words.slice(0, -2), pair];
}

function likenessOf(left: readonly string[], right: readonly string[]): number {
  const ours = new Set(left);
  const theirs = new Set(right);
  const shared = [...ours].filter((word) => theirs.has(word)).length;
  const all = new Set([...ours, ...theirs]).size;
  const endsAlike = left.at(-1) !== undefined && left.at(-1) === right.at(-1);
  return all === 0 ? 0 : (shared / all) * 0.6 + (endsAlike ? 0.4 : 0);
}

function transformsFor(field: DescribedField, leaf: Leaf): Transform[] {
  const isList = field.path.split('.').includes('*') || field.types.includes('array');
  const wantsList = leaf.types.includes('array');
  const first: Transform[] = isList && !wantsList ? ['first'] : [];
  const last = wordsOf(leaf.path).at(-1) ?? '';
  if (wantsList) return isList ? first : ['wrap'];
  if (leaf.format === 'date-time') return [...first, 'instant'];
  if (last === 'email' || field.looksLike === 'email') return [...first, 'email'];
  if (field.looksLike === 'phone') return [...first, { kind: 'phone' }];
  if (last === 'domain') return [...first, 'domain'];
  if (field.looksLike === 'url' && last === 'website') return [...first, 'url'];
  if (leaf.types.includes('number') && !leaf.types.includes('string')) return [...first, 'number'];
  if (leaf.types.includes('boolean')) return [...first, 'boolean'];
  return field.types.includes('string') ? [...first, 'trim'] : first;
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
