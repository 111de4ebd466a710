/** What `If-Match` asks for: any version, or one of these. */
export type IfMatch = '*' | readonly string[];

/** A store's version as a strong entity tag (RFC 9110). Cosmos already puts it in quotes; others need not. */
export function formatEtag(version: string): string {
  return `"${version.replaceAll('"', '')}"`;
}

/** `undefined` when the header is not valid. Weak tags are valid but match nothing: `If-Match` compares strongly. */
export function parseIfMatch(header: string): IfMatch | undefined {
  const trimmed = header.trim();
  if (trimmed === '*') return '*';
  if (!/^(W\/)?"[\x21\x23-\x7e]*"(\s*,\s*(W\/)?"[\x21\x23-\x7e]*")*$/.test(trimmed)) return undefined;
  return trimmed.split(/\s*,\s*(?=W\/|")/).filter((tag) => !tag.startsWith('W/'));
}

/** @param version as the store gave it */
export function isMatch(ifMatch: IfMatch | undefined, version: string): boolean {
  return ifMatch === undefined || ifMatch === '*' || ifMatch.includes(formatEtag(version));
}
