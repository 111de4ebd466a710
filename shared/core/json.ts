/** A JSON value as it travels between providers, queues and Cosmos. */
export type Json = string | number | boolean | null | Json[] | JsonObject;

export type JsonObject = { [field: string]: Json };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy that shares nothing with the value; many times faster than `structuredClone`, which knows more than JSON. */
export function copyJson<T extends Json>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson) as T;
  const copy: JsonObject = {};
  for (const field of Object.keys(value)) {
    const each = value[field] as Json;
    setField(copy, field, typeof each === 'object' && each !== null ? copyJson(each) : each);
  }
  return copy as T;
}

const ownField = { configurable: true, enumerable: true, writable: true };

/** Gives an object a field in place, whatever it is called: assigned, `__proto__` would be its prototype. */
export function setField(target: JsonObject, field: string, value: Json): void {
  if (field === '__proto__') Object.defineProperty(target, field, { ...ownField, value });
  else target[field] = value;
}
