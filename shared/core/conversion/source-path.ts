import type { Json, JsonObject } from '../json.ts';

export type ReadPath = (value: Json) => Json | undefined;

/**
 * Compiles a dotted path. Own properties only; an array index is a part like any other. A part `*` reads every item of an array, leaves out the items
 * where the rest of the path leads nowhere, and flattens one `*` below another.
 */
export function compileSourcePath(path: string): ReadPath {
  return readParts(path.split('.'));
}

function readParts(parts: readonly string[]): ReadPath {
  const star = parts.indexOf('*');
  if (star < 0) return readOwn(parts);
  const before = readOwn(parts.slice(0, star));
  const rest = parts.slice(star + 1);
  const after = readParts(rest);
  const flattens = rest.includes('*');
  return (value) => {
    const list = before(value);
    if (!Array.isArray(list)) return undefined;
    const found: Json[] = [];
    for (const item of list) {
      const read = after(item);
      if (read === undefined) continue;
      if (flattens && Array.isArray(read)) found.push(...read);
      else found.push(read);
    }
    return found;
  };
}

function readOwn(parts: readonly string[]): ReadPath {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) {
    return (value) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, only)
        ? (value as JsonObject)[only]
        : undefined;
  }
  return (value) => {
    let current: Json | undefined = value;
    for (const part of parts) {
      if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
      current = (current as JsonObject)[part];
    }
    return current;
  };
}
