/** A JSON value as it travels between providers, queues and Cosmos. */
export type Json = string | number | boolean | null | Json[] | JsonObject;

export type JsonObject = { [field: string]: Json };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
