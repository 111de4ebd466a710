/** A time that a sender signed, or why it does not count. */
export type SignedTime = { readonly atMs: number } | { readonly why: string };

/**
 * Reads the signed time. It must be near ours in both directions: an overheard delivery is worthless afterwards, and one from the future
 * would be worth something for longer.
 */
export function readSignedTime(
  value: string | undefined,
  { unit, toleranceMs, nowMs }: { unit: 'seconds' | 'milliseconds'; toleranceMs: number; nowMs: number },
): SignedTime {
  if (value === undefined) return { why: 'the signed time is missing' };
  // One spelling only: a digit more in front would leave the same time, and another text before it.
  if (!/^(?:0|[1-9]\d{0,14})$/.test(value)) return { why: 'the signed time is not a number' };
  const atMs = Number(value) * (unit === 'seconds' ? 1000 : 1);
  if (Math.abs(nowMs - atMs) > toleranceMs) return { why: 'the signed time is outside of the window' };
  return { atMs };
}
