const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The three forms that RFC 9110 section 5.6.7 lets a server send; the first is the one in use. */
const forms = [
  /^[a-z]{3}, (?<day>\d{2}) (?<month>[a-z]{3}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) (?:GMT|UTC)$/i,
  /^[a-z]{6,9}, (?<day>\d{2})-(?<month>[a-z]{3})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/i,
  /^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/i,
];

/**
 * Reads an HTTP date (`Tue, 15 Nov 1994 08:12:31 GMT`) into epoch milliseconds.
 * Gives undefined for anything else: `Date.parse` alone would make a date out of nearly every text that holds a number.
 */
export function parseHttpDate(value: string): number | undefined {
  for (const form of forms) {
    const parts = form.exec(value.trim())?.groups;
    if (parts !== undefined) return toEpochMs(parts);
  }
  return undefined;
}

function toEpochMs(parts: Record<string, string | undefined>): number | undefined {
  const month = monthNames.indexOf((parts['month'] ?? '').toLowerCase());
  const day = Number(parts['day']);
  const [hour = 0, minute = 0, second = 0] = (parts['time'] ?? '').split(':').map(Number);
  if (month < 0 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined;
  return Date.UTC(fullYear(parts['year'] ?? ''), month, day, hour, minute, second);
}

/** A two-digit year (RFC 850) is read as 1970 to 2069. */
function fullYear(year: string): number {
  const value = Number(year);
  if (year.length > 2) return value;
  return value < 70 ? 2000 + value : 1900 + value;
}
