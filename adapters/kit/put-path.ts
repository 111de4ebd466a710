import { isJsonObject, type Json, type JsonObject } from '../../shared/core/json.ts';

/** A copy of the object with a value at a dotted path; what stands in the way of the path gives way. */
export function putPath(object: JsonObject, path: string, value: Json): JsonObject {
  const dot = path.indexOf('.');
  const name = dot < 0 ? path : path.slice(0, dot);
  if (dot < 0) return { ...object, [name]: value };
  const inner = Object.hasOwn(object, name) ? object[name] : undefined;
  return { ...object, [name]: putPath(isJsonObject(inner) ? inner : {}, path.slice(dot + 1), value) };
}
