import type { Json, JsonObject } from './json.ts';

const searchTextLimit = 400;

/** All text of the shard in lower case, for the list's text filter; as much as fits the limit. */
export function searchText(data: JsonObject): string {
  const parts: string[] = [];
  let length = 0;
  const collect = (value: Json | undefined): void => {
    if (length > searchTextLimit || value === undefined || value === null) return;
    if (typeof value === 'string') {
      parts.push(value);
      length += value.length + 1;
    } else if (typeof value === 'object') {
      for (const each of Object.values(value)) collect(each);
    }
  };
  collect(data);
  return parts.join(' ').slice(0, searchTextLimit).toWellFormed().toLowerCase();
}
