import type { Json, JsonObject } from './json.ts';
import { largestDataBytes } from './observation.ts';

/** Mappings go no deeper, and neither does the database much. */
const deepest = 32;

interface Unkeepable {
  readonly path: readonly string[];
  readonly message: string;
}

/**
 * Why data cannot be kept as a shard's, whatever its type says: names that no path leads to, texts that no store carries, too deep, or too large with all
 * that comes of it.
 */
export function findUnkeepable(given: JsonObject, whole: JsonObject): Unkeepable | undefined {
  const found = look(given, []);
  if (found !== undefined) return found;
  const bytes = Buffer.byteLength(JSON.stringify(whole));
  return bytes > largestDataBytes
    ? { path: [], message: `is too large: at most ${largestDataBytes / 1000} KB` }
    : undefined;
}

function look(value: Json, path: readonly string[]): Unkeepable | undefined {
  if (typeof value === 'string') {
    const isWritable = value.isWellFormed() && !value.includes('\u0000');
    return isWritable ? undefined : { path, message: 'must not contain NUL or unpaired surrogate characters' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (path.length >= deepest) return { path, message: `is nested deeper than ${deepest} levels` };
  for (const [name, inner] of Object.entries(value)) {
    const at = [...path, name];
    if (!Array.isArray(value) && !isFieldName(name)) return { path: at, message: 'is not a valid name' };
    const found = look(inner, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** As paths are written: letters, digits, `_` and `-`. */
function isFieldName(name: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(name) && name !== '__proto__' && name !== 'constructor' && name !== 'prototype';
}
