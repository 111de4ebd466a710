import type { RE2JS } from 're2js';
import type { MappingTarget } from '../../contracts/mapping.ts';

/** What the conversions need of others' code. Each is loaded when a mapping first needs it, so that a cold start does not pay for it. */
export interface Libraries {
  readonly luxon?: typeof import('luxon') | undefined;
  readonly phone?: typeof import('libphonenumber-js/max') | undefined;
  readonly domains?: typeof import('tldts') | undefined;
  /** Linear-time regular expressions: a hostile pattern or text costs no more than its length. */
  readonly patterns?: typeof RE2JS | undefined;
}

const dateKinds = ['date', 'date-time', 'format-date', 'format-date-time'];

/** Loads the libraries that these targets' transforms and conditions name. */
export async function loadLibraries(targets: readonly MappingTarget[]): Promise<Libraries> {
  const words = new Set<string>();
  collectWords(targets, words);
  const needs = (...kinds: readonly string[]) => kinds.some((kind) => words.has(kind));
  const [luxon, phone, domains, patterns] = await Promise.all([
    needs(...dateKinds) ? import('luxon') : undefined,
    needs('phone') ? import('libphonenumber-js/max') : undefined,
    needs('domain') ? import('tldts') : undefined,
    needs('replace-pattern', 'matches') ? import('re2js') : undefined,
  ]);
  return { luxon, phone, domains, patterns: patterns?.RE2JS };
}

/** Every text in a mapping: a name too many loads a library in vain, and nothing else. */
function collectWords(value: unknown, words: Set<string>): void {
  if (typeof value === 'string') words.add(value);
  else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) collectWords(each, words);
}
