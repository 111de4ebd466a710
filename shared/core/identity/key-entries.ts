import { isDeepStrictEqual } from 'node:util';
import type { KeyDocument, KeyEntry } from '../documents/key.ts';

/** A key that more records have identifies nobody: a switchboard, the address of an office. */
export const mostEntries = 64;

/** How long an empty document is kept, in seconds: it is soon wanted again, or never. */
const emptyForSeconds = 86_400;

/**
 * The document with these entries instead of those their links had; the same object when nothing changes.
 *
 * @param strays links whose entries do not count; they go with the next change
 */
export function putEntries(
  tenantId: string,
  key: string,
  present: KeyDocument | undefined,
  entries: readonly KeyEntry[],
  strays: ReadonlySet<string> = new Set(),
): KeyDocument {
  const document = present ?? { id: key, tenantId, key, schemaVersion: 1, entries: [] };
  if (document.crowded === true) return document;
  const own = new Map(entries.map((entry) => [entry.linkId, entry]));
  const unchanged = document.entries.filter((entry) => isDeepStrictEqual(own.get(entry.linkId), entry));
  if (present !== undefined && unchanged.length === own.size) return present;
  const others = document.entries.filter((entry) => !own.has(entry.linkId) && !strays.has(entry.linkId));
  const all = [...others, ...own.values()].sort((a, b) => (a.linkId < b.linkId ? -1 : 1));
  return withEntries(document, all);
}

/** The document without the entries that the links claimed up to a revision; the same object when there are none. */
export function takeEntries(present: KeyDocument, upTo: ReadonlyMap<string, number>): KeyDocument {
  const kept = present.entries.filter((entry) => entry.revision > (upTo.get(entry.linkId) ?? -1));
  return kept.length === present.entries.length ? present : withEntries(present, kept);
}

/** Once crowded it stays so: which records came first must not matter. */
function withEntries({ ttl: _ttl, ...document }: KeyDocument, entries: KeyEntry[]): KeyDocument {
  if (entries.length > mostEntries) return { ...document, entries: [], crowded: true };
  return { ...document, entries, ...(entries.length === 0 ? { ttl: emptyForSeconds } : {}) };
}
