/** The path of one record; undefined for an id that a URL cannot name: it would lead to another place. */
export function recordUrl(template: string, externalId: string): string | undefined {
  if (externalId === '' || externalId === '.' || externalId === '..') return undefined;
  return template.replace('{id}', () => encodeURIComponent(externalId));
}
