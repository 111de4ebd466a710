import type { Json, JsonObject } from '../../shared/core/json.ts';

/** What JSON keeps of a value, without the way through its text where that is plain. */
export function storedJson(value: unknown): Json {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : storedJson(item)));
  if (
    typeof value !== 'object' ||
    Object.getPrototypeOf(value) !== Object.prototype ||
    Object.hasOwn(value, '__proto__')
  )
    return JSON.parse(JSON.stringify(value)) as Json;
  const stored: JsonObject = {};
  for (const [field, each] of Object.entries(value)) if (each !== undefined) stored[field] = storedJson(each);
  return stored;
}
