import { parseHttpDate } from './http-date.ts';

/** Numbers below this are epoch seconds (as milliseconds they would lie before March 1973), all others milliseconds. */
const firstEpochMillisecond = 100_000_000_000;
const lastInstantMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const isoForm =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * Reads when something was changed: epoch seconds or milliseconds (number or text), ISO 8601 (without a zone: UTC; a date alone:
 * its midnight, UTC), or an HTTP date. Gives epoch milliseconds after 1970 and up to the year 9999; undefined for all else, for
 * the days that do not exist, and for the zero that stands for "never".
 */
export function readInstantMs(value: unknown): number | undefined {
  const instantMs =
    typeof value === 'number' ? readNumber(value) : typeof value === 'string' ? readText(value.trim()) : undefined;
  return instantMs !== undefined && instantMs > 0 && instantMs <= lastInstantMs ? instantMs : undefined;
}

function readNumber(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  return Math.floor(Math.abs(value) < firstEpochMillisecond ? value * 1000 : value);
}

function readText(text: string): number | undefined {
  if (/^\d{9,}(\.\d+)?$/.test(text)) return readNumber(Number(text));
  return readIso(text) ?? parseHttpDate(text);
}

function readIso(text: string): number | undefined {
  const parts = isoForm.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  const milliseconds = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
  const localMs = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second, milliseconds);
  // Date.UTC carries 30 February over into March; the year 0 to 99 into the twentieth century.
  const written = new Date(localMs);
  if (written.getUTCFullYear() !== year || written.getUTCMonth() + 1 !== month || written.getUTCDate() !== day)
    return undefined;
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return undefined;
  const offset = readOffsetMinutes(parts[8]);
  return offset === undefined ? undefined : localMs - offset * 60_000;
}

/** Minutes east of UTC of `Z`, `+02`, `+0200`, `+02:00`; undefined when there is no such zone. */
function readOffsetMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined || /^(z|utc)$/i.test(zone)) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || '0');
  if (hours > 18 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
