import type { Scalar, Transform } from '../../contracts/mapping.ts';
import { canonicalText } from '../canonical.ts';
import type { Json } from '../json.ts';
import { date, dateTime, formatDate, formatDateTime, instant, refuseDateFormat } from './date-transforms.ts';
import type { MappingProblem } from './invalid-mapping.ts';
import type { Libraries } from './libraries.ts';
import { boolean, formatNumber, knownLanguages, localNumber, number } from './number-transforms.ts';
import * as texts from './text-transforms.ts';
import { Unreadable } from './unreadable.ts';

type Step = texts.Step;

/** What compiling a mapping has at hand, and where it reports what can never work. */
export interface Compilation {
  readonly libraries: Libraries;
  readonly problems: MappingProblem[];
  /** Set when a rule has questions: such a mapping converts twice. */
  asks: boolean;
}

type Place = readonly (string | number)[];

/** A pipeline as one function. `null` and nothing pass through all of it. */
export function compileTransforms(
  compilation: Compilation,
  transforms: readonly Transform[],
  place: Place,
): (value: Json | undefined) => Json | undefined {
  const steps = transforms.map((transform, index) => compileTransform(compilation, transform, [...place, index]));
  const [only] = steps;
  if (only === undefined) return (value) => value;
  if (steps.length === 1) return (value) => (value === undefined || value === null ? value : only(value));
  return (value) => {
    let current = value;
    for (const step of steps) {
      if (current === undefined || current === null) return current;
      current = step(current);
    }
    return current;
  };
}

const first: Step = (value) => (Array.isArray(value) ? value[0] : value);
const wrap: Step = (value) => (Array.isArray(value) ? value : [value]);

function compileTransform(compilation: Compilation, transform: Transform, place: Place): Step {
  if (typeof transform === 'string') return compilePlain(transform, compilation.libraries);
  if ('locale' in transform) checkLocale(compilation, transform.locale, place);
  try {
    return compileParameterised(compilation, transform, place);
  } catch (error) {
    const key = transform.kind === 'replace-pattern' ? 'pattern' : 'locale' in transform ? 'locale' : 'kind';
    const problem = error instanceof Error ? error.message : String(error);
    compilation.problems.push({ path: [...place, key], message: `does not work: ${problem}` });
    return (value) => value;
  }
}

function compilePlain(name: Extract<Transform, string>, libraries: Libraries): Step {
  const plain: Record<Extract<Transform, string>, () => Step> = {
    trim: () => texts.trim,
    lower: () => texts.lower,
    upper: () => texts.upper,
    title: () => texts.title(),
    string: () => texts.toText,
    number: () => number,
    boolean: () => boolean(),
    instant: () => instant,
    first: () => first,
    wrap: () => wrap,
    email: () => texts.email,
    url: () => texts.url,
    domain: () => texts.domain(libraries),
    hash: () => texts.hash,
  };
  return plain[name]();
}

function compileParameterised(compilation: Compilation, transform: Exclude<Transform, string>, place: Place): Step {
  const { libraries } = compilation;
  switch (transform.kind) {
    case 'title':
      return texts.title(transform.locale);
    case 'number':
      return localNumber(transform.locale);
    case 'format-number':
      return formatNumber(transform.locale);
    case 'boolean':
      checkLanguage(compilation, transform.locale, place);
      return boolean(transform.locale);
    case 'date-time':
      checkFormat(compilation, transform, place);
      return dateTime(transform, libraries);
    case 'format-date-time':
      checkFormat(compilation, transform, place);
      return formatDateTime(transform, libraries);
    case 'date':
      checkFormat(compilation, { ...transform, zone: 'UTC' }, place);
      return date(transform, libraries);
    case 'format-date':
      checkFormat(compilation, { ...transform, zone: 'UTC' }, place);
      return formatDate(transform, libraries);
    case 'phone':
      checkCountry(compilation, transform.country, place);
      return texts.phone(transform.country, libraries);
    case 'split':
      return texts.split(transform.separator);
    case 'join':
      return texts.join(transform.separator);
    case 'replace':
      return texts.replace(transform.find, transform.with);
    case 'replace-pattern':
      return texts.replacePattern(transform.pattern, transform.with, libraries);
    case 'truncate':
      return texts.truncate(transform.length);
    case 'values':
      return mapValues(transform);
    case 'each':
      return eachItem(compileTransforms(compilation, transform.transforms, [...place, 'transforms']));
  }
}

function checkFormat(compilation: Compilation, { format, zone }: { format: string; zone: string }, place: Place): void {
  const wrong = refuseDateFormat(format, zone, compilation.libraries);
  if (wrong === undefined) return;
  const message = wrong === 'format' ? 'must hold the year' : 'is not a known time zone';
  compilation.problems.push({ path: [...place, wrong], message });
}

/** For a locale that it does not know, Intl would take the machine's. */
function checkLocale({ problems }: Compilation, locale: string, place: Place): void {
  if (isKnownLocale(locale)) return;
  problems.push({ path: [...place, 'locale'], message: 'is not a known locale' });
}

function isKnownLocale(locale: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(locale).length > 0;
  } catch {
    return false;
  }
}

function checkLanguage(compilation: Compilation, locale: string, place: Place): void {
  if (knownLanguages.includes(locale.split('-')[0] ?? '')) return;
  const message = `must be of one of these languages: ${knownLanguages.join(', ')}`;
  compilation.problems.push({ path: [...place, 'locale'], message });
}

function checkCountry({ libraries, problems }: Compilation, country: string | undefined, place: Place): void {
  if (country === undefined || libraries.phone?.isSupportedCountry(country) === true) return;
  problems.push({ path: [...place, 'country'], message: 'is not the code of a country' });
}

function eachItem(apply: (value: Json | undefined) => Json | undefined): Step {
  return (value) => {
    if (!Array.isArray(value)) return value;
    return value.flatMap((item) => {
      const changed = apply(item);
      return changed === undefined ? [] : [changed];
    });
  };
}

function mapValues({ map, otherwise }: Extract<Transform, { kind: 'values' }>): Step {
  const entries = new Map(map.map(({ from, to }) => [canonicalText(from as Scalar), to as Scalar]));
  return (value) => {
    const mapped = entries.get(canonicalText(value));
    if (mapped !== undefined) return mapped;
    if (otherwise === 'keep') return value;
    if (otherwise === 'leave-out') return undefined;
    throw new Unreadable('is not one of the mapped values');
  };
}
