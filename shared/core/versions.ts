import type { ConversionSchemaDocument, VersionEntry } from './documents/conversion.ts';

/** More than anyone makes by hand; the list is part of one document. */
export const mostVersions = 1000;

/** The list with one more version. A repeated try finds its own at the end. */
export function addVersion(
  versions: readonly VersionEntry[],
  added: { readonly contentId: string; readonly note?: string | undefined; readonly at: string },
): VersionEntry[] {
  const { contentId, note, at } = added;
  const last = versions.at(-1);
  if (last?.contentId === contentId && last.createdAt === at) return [...versions];
  const version = (last?.version ?? 0) + 1;
  return [...versions, { version, contentId, ...(note === undefined ? {} : { note }), createdAt: at }];
}

/** The schema with this version published; nothing changes where it is so already. */
export function publishVersion(
  document: ConversionSchemaDocument,
  version: number,
  at: string,
): ConversionSchemaDocument {
  if (document.published === version) return document;
  return { ...document, published: version, publications: document.publications + 1, updatedAt: at };
}
