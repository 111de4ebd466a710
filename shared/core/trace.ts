/**
 * A new W3C trace context (version 00, sampled).
 *
 * @param random at least 24 random bytes
 */
export function composeTraceparent(random: Uint8Array): string {
  if (random.length < 24) throw new RangeError('composeTraceparent needs at least 24 random bytes');
  const hex = Buffer.from(random).toString('hex');
  return `00-${hex.slice(0, 32)}-${hex.slice(32, 48)}-01`;
}
