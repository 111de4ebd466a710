/** Longer patterns make LIKE slow and sieve no better. */
const MAX_SIEVE_LENGTH = 64;

/**
 * A LIKE pattern that every text matches whose lower-case form contains that of `part`; undefined when none would sieve.
 *
 * SQLite's LIKE ignores the case of ASCII letters only. A character beyond ASCII can become an ASCII one in lower case in two
 * cases: KELVIN SIGN becomes `k`, and I WITH DOT ABOVE begins with `i`. So these two letters stand as `_` (any
 * character), as do LIKE's own characters; of the rest, the longest run of printable ASCII is used.
 */
function sievePattern(part: string): string | undefined {
  const runs = part.toLowerCase().match(/[ -~]+/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  const letters = longest
    .slice(0, MAX_SIEVE_LENGTH)
    .replaceAll(/[ik%_]/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return letters === '' ? undefined : `%${letters}%`;
}

/**
 * SQL that is true for every text containing `part` in any case, and for few others: native and therefore cheap, it
 * spares most rows the exact test in JavaScript. NULL where the text is NULL.
 */
export function sieveFor(part: string, text: string, bind: (value: string) => string): string | undefined {
  const pattern = sievePattern(part);
  // LIKE reads a text to its first NUL only.
  return pattern === undefined ? undefined : `(${text} LIKE ${bind(pattern)} OR instr(${text}, char(0)) > 0)`;
}
