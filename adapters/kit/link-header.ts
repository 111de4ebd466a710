const parameter = /;\s*([!#$%&'*+.^_`|~0-9a-z-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?\s*/giy;
const target = /[\s,]*<([^>]*)>\s*/y;

/**
 * Finds the target of a relation (`next`) in a `Link` header (RFC 8288): several links, several relations in one link, quoted and
 * bare parameters. Gives the target as written, or undefined where no link has the relation.
 */
export function findLink(header: string | undefined, relation: string): string | undefined {
  if (header === undefined) return undefined;
  let position = 0;
  for (;;) {
    target.lastIndex = position;
    const link = target.exec(header);
    if (link === null) return undefined;
    position = target.lastIndex;
    let relations: string | undefined;
    for (;;) {
      parameter.lastIndex = position;
      const found = parameter.exec(header);
      if (found === null) break;
      position = parameter.lastIndex;
      // Only the first `rel` of a link counts (RFC 8288, 3.3).
      if (found[1]?.toLowerCase() === 'rel') relations ??= found[2] ?? found[3] ?? '';
    }
    if (relations?.toLowerCase().split(/\s+/).includes(relation)) return link[1];
  }
}
