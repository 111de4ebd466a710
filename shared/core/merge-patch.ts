import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** JSON Merge Patch (RFC 7396): objects are merged member by member, everything else is replaced, null removes. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergeValue(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

function mergeValue(before: Json | undefined, value: Json): Json {
  return isJsonObject(value) ? mergePatch(isJsonObject(before) ? before : {}, value) : value;
}
