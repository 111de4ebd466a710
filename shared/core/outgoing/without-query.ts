/** A receiver's URL as others may be told it: the query often holds what lets one post there. */
export function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
