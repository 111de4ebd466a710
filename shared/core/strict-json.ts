import type { Json } from './json.ts';

/** Deeper bodies have no meaning here and are a way to exhaust a stack. */
const maximumDepth = 64;

/** Where and why a body is not acceptable JSON. `path` leads to the place; it is empty for the whole text. */
interface JsonRefusal {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export type JsonResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly refusal: JsonRefusal };

/**
 * Reads JSON as RFC 8259 and I-JSON (RFC 7493) want it exchanged: UTF-8 without a byte order mark, no NUL and no unpaired surrogate in any
 * string or name (escaped ones too), no name twice, no `__proto__`, no number beyond the range of a double, at most 64 levels.
 */
export function parseStrictJson(bytes: Uint8Array): JsonResult {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return refuse([], 'must not begin with a byte order mark');
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse([], 'must be valid UTF-8');
  }
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    return refuse([], `must be valid JSON${positionOf(error)}`);
  }
  const refusal = findRefusal(value, []) ?? findDuplicateName(text);
  return refusal === undefined ? { ok: true, value } : { ok: false, refusal };
}

function refuse(path: JsonRefusal['path'], message: string): JsonResult {
  return { ok: false, refusal: { path, message } };
}

/** Only the position: the parser's own message quotes the body, which may hold a credential. */
function positionOf(error: unknown): string {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? '' : `, but it is not at character ${position}`;
}

function findRefusal(value: Json, path: readonly (string | number)[]): JsonRefusal | undefined {
  if (typeof value === 'string') return refuseText(value, path);
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : { path, message: 'must be a number that a double can hold' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (path.length === maximumDepth) return { path, message: `must not be nested deeper than ${maximumDepth} levels` };
  const entries: Iterable<[string | number, Json | undefined]> = Array.isArray(value)
    ? value.entries()
    : Object.entries(value);
  for (const [key, item] of entries) {
    const place = [...path, key];
    const refusal = (typeof key === 'string' ? refuseName(key, place) : undefined) ?? findRefusal(item ?? null, place);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refuseName(name: string, path: JsonRefusal['path']): JsonRefusal | undefined {
  if (name === '__proto__') return { path, message: 'must not be named __proto__' };
  return refuseText(name, path, 'must not have a name with NUL or unpaired surrogate characters');
}

function refuseText(
  text: string,
  path: JsonRefusal['path'],
  message = 'must not contain NUL or unpaired surrogate characters',
): JsonRefusal | undefined {
  return text.isWellFormed() && !text.includes('\u0000') ? undefined : { path, message };
}

interface Level {
  /** Names seen so far; absent in an array. */
  readonly names: Set<string> | undefined;
  /** The name or index that is being read. */
  at: string | number;
  /** In an object: the next string is a name. */
  beforeName: boolean;
}

/** `JSON.parse` keeps the last of two equal names and forgets the first. @param text valid JSON */
function findDuplicateName(text: string): JsonRefusal | undefined {
  const levels: Level[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    const level = levels.at(-1);
    if (character === '{') levels.push({ names: new Set(), at: '', beforeName: true });
    else if (character === '[') levels.push({ names: undefined, at: 0, beforeName: false });
    else if (character === '}' || character === ']') levels.pop();
    else if (character === ',' && level !== undefined) {
      if (typeof level.at === 'number') level.at += 1;
      else level.beforeName = true;
    } else if (character === '"') {
      const end = endOfString(text, index);
      if (level?.beforeName === true && !noteName(level, text.slice(index, end + 1))) {
        return { path: levels.map((entry) => entry.at), message: 'must not be given twice' };
      }
      index = end;
    }
  }
  return undefined;
}

/** @returns false when the object has the name already */
function noteName(level: Level, token: string): boolean {
  const name = String(JSON.parse(token));
  level.at = name;
  level.beforeName = false;
  if (level.names === undefined || level.names.has(name)) return false;
  level.names.add(name);
  return true;
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index;
}
