import { timingSafeEqual } from 'node:crypto';
import type { LiveSecret } from './evidence.ts';

/** In a time that depends on what is given, but on what is expected by its length at most. */
export function sameText(expected: string, given: string): boolean {
  const right = Buffer.from(expected);
  const left = Buffer.from(given);
  const isAsLong = left.length === right.length;
  return timingSafeEqual(isAsLong ? left : right, right) && isAsLong;
}

/** The secret that fits. All are tried, so that the time does not tell which one it was. */
export function findFitting(
  secrets: readonly LiveSecret[],
  fits: (value: string, secret: LiveSecret) => boolean,
): LiveSecret['which'] | undefined {
  let found: LiveSecret['which'] | undefined;
  for (const secret of secrets) {
    if (fits(secret.value, secret)) found ??= secret.which;
  }
  return found;
}
