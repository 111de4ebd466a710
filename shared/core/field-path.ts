import { isJsonObject, type Json, type JsonObject, setField } from './json.ts';

/** Reads own properties only; an array index is a path part like any other. `undefined` where the path leads nowhere. */
export function readPath(value: Json, path: readonly string[]): Json | undefined {
  let current: Json | undefined = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = (current as JsonObject)[part];
  }
  return current;
}

/** Sets a field in place, making the objects on the way; something else that stands in the way is replaced. */
export function writePath(target: JsonObject, path: readonly string[], value: Json): void {
  let current = target;
  for (const part of path.slice(0, -1)) {
    const next = Object.hasOwn(current, part) ? current[part] : undefined;
    if (isJsonObject(next)) {
      current = next;
    } else {
      const made: JsonObject = {};
      setField(current, part, made);
      current = made;
    }
  }
  const last = path.at(-1);
  if (last !== undefined) setField(current, last, value);
}

/** Removes a field in place, and the objects on the way that it leaves empty. */
export function removePath(target: JsonObject, path: readonly string[]): void {
  const last = path.at(-1);
  if (last === undefined) return;
  const parentPath = path.slice(0, -1);
  const parent = readPath(target, parentPath);
  if (!isJsonObject(parent)) return;
  delete parent[last];
  if (parentPath.length > 0 && Object.keys(parent).length === 0) removePath(target, parentPath);
}
