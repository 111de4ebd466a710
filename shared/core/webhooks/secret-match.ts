import { createHash, timingSafeEqual } from 'node:crypto';
import type { LiveSecret } from './evidence.ts';

/** In a time that tells nothing of what is expected, not even its length. */
export function sameText(expected: string, given: string): boolean {
  return timingSafeEqual(digest(expected), digest(given));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The secret that fits. All are tried, so that the time does not tell which one it was. */
export function findFitting(
  secrets: readonly LiveSecret[],
  fits: (secret: string) => boolean,
): LiveSecret['which'] | undefined {
  let found: LiveSecret['which'] | undefined;
  for (const { which, value } of secrets) {
    if (fits(value)) found ??= which;
  }
  return found;
}
