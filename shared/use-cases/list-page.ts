import { decodeCursor, encodeCursor } from '../core/cursor.ts';
import type { JsonObject } from '../core/json.ts';
import type { Filter, Stored } from '../core/ports.ts';

interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ListRequest<T extends { readonly id: string }, Item> {
  /** Name of the list, and what it was asked for: a cursor continues only the same. */
  readonly list: string;
  readonly asked: JsonObject;
  readonly page: PageRequest;
  /** What the list is ordered by; the id unless given. */
  readonly placeOf?: (document: T) => string;
  /** At most `limit` documents in descending order of their places, after `afterId`. */
  readonly read: (range: { readonly limit: number; readonly afterId?: string }) => Promise<readonly Stored<T>[]>;
  readonly describe: (document: T) => Item;
}

/** One page, newest first. One document more than asked for tells whether there is another page. */
export async function listPage<T extends { readonly id: string }, Item>(
  request: ListRequest<T, Item>,
): Promise<{ items: Item[]; nextCursor?: string }> {
  const { list, asked, page } = request;
  const afterId = page.cursor === undefined ? undefined : decodeCursor(page.cursor, list, asked);
  const found = await request.read({ limit: page.limit + 1, ...(afterId === undefined ? {} : { afterId }) });
  const shown = found.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ document }) => request.describe(document)),
    ...(found.length > page.limit && last !== undefined
      ? { nextCursor: encodeCursor(request.placeOf?.(last.document) ?? last.document.id, list, asked) }
      : {}),
  };
}

/** A page of the versions that a document lists, newest first. */
export function listVersions<V extends { readonly version: number }>(
  list: string,
  ownerId: string,
  page: PageRequest,
  versions: readonly V[],
): { items: V[]; nextCursor?: string } {
  const asked = { ownerId };
  const after = page.cursor === undefined ? undefined : Number(decodeCursor(page.cursor, list, asked));
  const open = versions.filter(({ version }) => after === undefined || version < after).toReversed();
  const items = open.slice(0, page.limit);
  const last = items.at(-1);
  if (open.length <= page.limit || last === undefined) return { items };
  return { items, nextCursor: encodeCursor(String(last.version), list, asked) };
}

/** A condition for each value that is given. */
export function equalFilters(
  values: Readonly<Record<string, string | undefined>>,
): Extract<Filter, { readonly value: unknown }>[] {
  return Object.entries(values).flatMap(([field, value]) =>
    value === undefined ? [] : [{ field, is: 'equal', value }],
  );
}
