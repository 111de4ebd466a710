import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { isInRange } from '../effective-key.ts';
import { badRequest } from '../errors.ts';
import { canonicalJson, isJsonObject, type Json, ownProperty, tryParseJson } from '../json.ts';
import { registerJsonFunctions } from './built-in/registry.ts';

/** Functions that SQLite lacks or has with other semantics (its `lower` knows ASCII only, its `length` stops at NUL). */

const MAX_CACHED_PATTERNS = 200;
const patterns = new Map<string, RegExp>();

function cachedPattern(key: string, make: () => RegExp): RegExp {
  const known = patterns.get(key);
  if (known !== undefined) return known;
  if (patterns.size >= MAX_CACHED_PATTERNS) patterns.clear();
  const pattern = make();
  patterns.set(key, pattern);
  return pattern;
}

const escapeRegExp = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** One token of a LIKE pattern: an escaped character, `%`, `_`, a set such as `[a-f]` or `[^a-f]`, or a plain character. */
function likeToken(
  pattern: string,
  at: number,
  escapeCharacter: string | undefined,
): { source: string; length: number } {
  const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
  if (character === escapeCharacter && at + 1 < pattern.length) {
    const escaped = String.fromCodePoint(pattern.codePointAt(at + 1) ?? 0);
    return { source: escapeRegExp(escaped), length: 1 + escaped.length };
  }
  if (character === '%') return { source: '.*', length: 1 };
  if (character === '_') return { source: '.', length: 1 };
  const close = character === '[' ? pattern.indexOf(']', at + 2) : -1;
  if (close === -1) return { source: escapeRegExp(character), length: character.length };
  const negated = pattern[at + 1] === '^';
  const members = pattern.slice(at + (negated ? 2 : 1), close).replaceAll(/[\\\]^[]/g, '\\$&');
  return { source: `[${negated ? '^' : ''}${members}]`, length: close + 1 - at };
}

/** A LIKE pattern as a regular expression. */
function likePattern(pattern: string, escapeCharacter: string | undefined): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; ) {
    const token = likeToken(pattern, at, escapeCharacter);
    source += token.source;
    at += token.length;
  }
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    throw badRequest(`The LIKE pattern '${pattern}' is invalid.`);
  }
}

function like(value: string, pattern: string, escapeCharacter: string | undefined): boolean {
  const key = `L${escapeCharacter ?? ''}\0${pattern}`;
  return cachedPattern(key, () => likePattern(pattern, escapeCharacter)).test(value);
}

function regexMatch(value: string, pattern: string, modifiers: string): boolean {
  const flags = [...new Set(modifiers)].join('');
  if (!/^[imsx]*$/.test(flags) || flags.includes('x'))
    throw badRequest(`The RegexMatch modifiers '${modifiers}' are not supported.`);
  const compiled = cachedPattern(`R${flags}\0${pattern}`, () => {
    try {
      return new RegExp(pattern, `${flags}u`);
    } catch {
      throw badRequest(`The regular expression '${pattern}' is invalid.`);
    }
  });
  return compiled.test(value);
}

/** Whether `value` has everything that `part` has: objects by property, everything else by equality. */
function containsPartial(value: Json | undefined, part: Json): boolean {
  if (!isJsonObject(part)) return value !== undefined && canonicalJson(value) === canonicalJson(part);
  if (!isJsonObject(value)) return false;
  return Object.entries(part).every(([key, wanted]) => containsPartial(ownProperty(value, key), wanted ?? null));
}

const sqlBoolean = (value: boolean): number => (value ? 1 : 0);

/** Text functions: every argument is text and defined, or the result is undefined. */
const TEXT_FUNCTIONS: Record<string, (...args: string[]) => string | number> = {
  cosmos_lower: (text = '') => text.toLowerCase(),
  cosmos_upper: (text = '') => text.toUpperCase(),
  cosmos_length: (text = '') => text.length,
  cosmos_trim: (text = '') => text.trim(),
  cosmos_ltrim: (text = '') => text.trimStart(),
  cosmos_rtrim: (text = '') => text.trimEnd(),
  cosmos_reverse: (text = '') => [...text].reverse().join(''),
  cosmos_ends_with: (text = '', end = '') => sqlBoolean(text.endsWith(end)),
  cosmos_replace: (text = '', from = '', to = '') => text.replaceAll(from, () => to),
  cosmos_equal: (left = '', right = '') =>
    sqlBoolean(left === right || canonicalJson(JSON.parse(left) as Json) === canonicalJson(JSON.parse(right) as Json)),
  cosmos_canonical: (json = '') => canonicalJson(JSON.parse(json) as Json),
  cosmos_contains_partial: (value = '', part = '') =>
    sqlBoolean(containsPartial(JSON.parse(value) as Json, JSON.parse(part) as Json)),
  cosmos_in_range: (key = '', min = '', max = '') => sqlBoolean(isInRange(key, { min, max })),
  cosmos_regex_match: (text = '', pattern = '', modifiers = '') => sqlBoolean(regexMatch(text, pattern, modifiers)),
};

/** Number functions: every argument is a number, or the result is undefined. */
const NUMBER_FUNCTIONS: Record<string, (...args: number[]) => number> = {
  cosmos_modulo: (left = 0, right = 0) => left % right,
  cosmos_power: (base = 0, exponent = 0) => base ** exponent,
  cosmos_floor: (value = 0) => Math.floor(value),
  cosmos_ceiling: (value = 0) => Math.ceil(value),
  cosmos_sqrt: (value = 0) => Math.sqrt(value),
  cosmos_truncate: (value = 0) => Math.trunc(value),
  cosmos_sign: (value = 0) => Math.sign(value),
  cosmos_log10: (value = 0) => Math.log10(value),
  cosmos_exp: (value = 0) => Math.exp(value),
};

function substring(text: SQLInputValue, start: SQLInputValue, length: SQLInputValue): string | null {
  if (typeof text !== 'string' || typeof start !== 'number' || typeof length !== 'number') return null;
  const from = Math.max(0, Math.trunc(start));
  return text.slice(from, from + Math.max(0, Math.trunc(length)));
}

/** Keeps the smaller or larger of the values seen, by rank and then by value. */
function extreme(sign: 1 | -1) {
  interface Best {
    rank: number;
    value: SQLInputValue;
    json: string;
  }
  const isBetter = (rank: number, value: SQLInputValue, best: Best): boolean => {
    if (rank !== best.rank) return (rank - best.rank) * sign > 0;
    if (value === null || best.value === null || value === best.value) return false;
    return value > best.value === sign > 0;
  };
  return {
    start: (): Best | null => null,
    step: (best: Best | null, rank: SQLInputValue, value: SQLInputValue, json: SQLInputValue): Best | null => {
      if (typeof rank !== 'number' || rank === 0 || typeof json !== 'string') return best;
      return best === null || isBetter(rank, value, best) ? { rank, value, json } : best;
    },
    result: (best: Best | null): string | null => best?.json ?? null,
  };
}

/** Makes the functions that compiled queries use known to a connection. */
export function registerFunctions(sqlite: DatabaseSync): void {
  const options = { deterministic: true, varargs: true };
  for (const [name, run] of Object.entries(TEXT_FUNCTIONS)) {
    sqlite.function(name, options, (...args) =>
      args.every((argument) => typeof argument === 'string') ? run(...args) : null,
    );
  }
  for (const [name, run] of Object.entries(NUMBER_FUNCTIONS)) {
    sqlite.function(name, options, (...args) => {
      if (!args.every((argument) => typeof argument === 'number')) return null;
      const result = run(...args);
      return Number.isFinite(result) ? result : null;
    });
  }
  sqlite.function('cosmos_substring', options, (...args) =>
    substring(args[0] ?? null, args[1] ?? null, args[2] ?? null),
  );
  sqlite.function('cosmos_to_number', options, (text) => {
    const number = typeof text === 'string' ? tryParseJson(text)?.value : undefined;
    return typeof number === 'number' ? number : null;
  });
  sqlite.function('cosmos_like', options, (text, pattern, character) =>
    typeof text === 'string' && typeof pattern === 'string'
      ? sqlBoolean(like(text, pattern, typeof character === 'string' ? character : undefined))
      : null,
  );
  sqlite.function('cosmos_single', options, (count, result) => {
    if (typeof count === 'number' && count > 1) {
      throw badRequest('The cardinality of a scalar subquery result set cannot be greater than one.');
    }
    return result ?? null;
  });
  registerJsonFunctions(sqlite);
  sqlite.aggregate('cosmos_min', { ...options, deterministic: true, ...extreme(-1) } as Parameters<
    DatabaseSync['aggregate']
  >[1]);
  sqlite.aggregate('cosmos_max', { ...options, deterministic: true, ...extreme(1) } as Parameters<
    DatabaseSync['aggregate']
  >[1]);
}
