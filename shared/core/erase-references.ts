import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { searchText } from './search-text.ts';

/** Whether any of the ids stands somewhere in a value, as text or as a name. */
export function mentionsId(value: Json, ids: readonly string[]): boolean {
  const text = JSON.stringify(value);
  return ids.some((id) => text.includes(id));
}

/**
 * Somebody else's shard, or an image of one, without what leads to those who are erased: values that refer to them, and their records. It is not theirs,
 * so all the rest of it stays.
 */
export function withoutReferences(shard: JsonObject, ids: readonly string[]): JsonObject {
  if (!mentionsId(shard, ids)) return shard;
  const { edits, ...rest } = shard;
  const stripped = strip(rest, ids) as JsonObject;
  const kept = isJsonObject(edits) ? Object.entries(edits).filter(([, edit]) => !mentionsId(edit, ids)) : [];
  const data = stripped['data'];
  return {
    ...stripped,
    ...(kept.length === 0 ? {} : { edits: Object.fromEntries(kept) }),
    ...(typeof shard['text'] === 'string' && isJsonObject(data) ? { text: searchText(data) } : {}),
  };
}

function strip(value: Json, ids: readonly string[]): Json | undefined {
  if (typeof value === 'string') {
    if (ids.includes(value)) return undefined;
    return ids.reduce((text, id) => text.replaceAll(id, ''), value);
  }
  if (Array.isArray(value)) return value.map((each) => strip(each, ids)).filter((each) => each !== undefined);
  if (!isJsonObject(value)) return value;
  const kept: [string, Json][] = [];
  for (const [name, each] of Object.entries(value)) {
    const left = ids.some((id) => name.includes(id)) ? undefined : strip(each, ids);
    if (left !== undefined) kept.push([name, left]);
  }
  return Object.fromEntries(kept);
}
