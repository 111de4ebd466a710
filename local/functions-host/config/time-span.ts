const PATTERN = /^(?:(\d+)\.)?(\d{1,8}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/;
const DAYS_ONLY = /^\d{1,8}$/;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * Reads a .NET TimeSpan as settings of the Functions host write it: `hh:mm`, `hh:mm:ss`, `d.hh:mm:ss`, each with an
 * optional fraction of up to seven digits, or a bare number of days. As .NET does, `hh:mm:ss` whose first part is 24 or
 * more is read as `dd:hh:mm`: "25:00:00" are 25 days.
 * @returns milliseconds, or undefined when the text is no positive TimeSpan or zero
 */
export const parseTimeSpanMs = (text: string): number | undefined => {
  if (DAYS_ONLY.test(text)) {
    return Number(text) * DAY_MS;
  }
  const match = PATTERN.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, days, first = '0', second = '0', third, fraction] = match;
  const shiftsToDays = days === undefined && Number(first) >= 24;
  if (shiftsToDays) {
    return fraction === undefined ? fromParts(Number(first), Number(second), Number(third ?? 0), 0, 0) : undefined;
  }
  const fractionMs = fraction === undefined ? 0 : Number(`0.${fraction}`) * SECOND_MS;
  return fromParts(Number(days ?? 0), Number(first), Number(second), Number(third ?? 0), fractionMs);
};

const fromParts = (
  days: number,
  hours: number,
  minutes: number,
  seconds: number,
  fractionMs: number,
): number | undefined =>
  hours < 24 && minutes < 60 && seconds < 60
    ? days * DAY_MS + hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS + fractionMs
    : undefined;
