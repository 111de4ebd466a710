import type { Libraries } from './libraries.ts';
import type { Step } from './text-transforms.ts';
import { Unreadable } from './unreadable.ts';

/** The furthest instants that a date can be, in milliseconds from 1970. */
const furthestMs = 8.64e15;

/** ISO 8601 text, or epoch seconds or milliseconds (beyond 1e11), to ISO 8601 in UTC with milliseconds. */
export const instant: Step = (value) => {
  let ms = Number.NaN;
  if (typeof value === 'number') ms = Math.abs(value) > 1e11 ? value : value * 1000;
  else if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value)) ms = parseIso(value);
  if (!Number.isFinite(ms) || Math.abs(ms) > furthestMs) throw new Unreadable('is not a date and time');
  return new Date(ms).toISOString();
};

/** A time without offset is taken for UTC, whatever the zone of the machine. */
function parseIso(text: string): number {
  const names = /(z|[+-]\d{2}:?\d{2})$/i.test(text) || !/[t ]/i.test(text);
  return Date.parse(names ? text : `${text}Z`);
}

interface DateFormat {
  readonly format: string;
  readonly zone: string;
  readonly locale: string;
}

/** A text in a format, read in a zone unless it names its offset, to ISO 8601 in UTC with milliseconds. */
export function dateTime(options: DateFormat, libraries: Libraries): Step {
  const { DateTime } = luxonOf(libraries);
  return (value) => {
    const text = textOf(value);
    if (text === undefined) return undefined;
    const parsed = DateTime.fromFormat(text, options.format, { zone: options.zone, locale: options.locale });
    if (!parsed.isValid) throw new Unreadable(`is not a date and time of the format "${options.format}"`);
    return new Date(parsed.toMillis()).toISOString();
  };
}

/** The inverse of `dateTime`. */
export function formatDateTime(options: DateFormat, libraries: Libraries): Step {
  const { DateTime } = luxonOf(libraries);
  return (value) => {
    const parsed = DateTime.fromISO(String(value), { zone: options.zone, locale: options.locale });
    if (!parsed.isValid) throw new Unreadable('is not a date and time');
    return parsed.toFormat(options.format);
  };
}

/** A text in a format to an ISO 8601 date without time: `2024-02-29`. */
export function date({ format, locale }: Omit<DateFormat, 'zone'>, libraries: Libraries): Step {
  const { DateTime } = luxonOf(libraries);
  return (value) => {
    const text = textOf(value);
    if (text === undefined) return undefined;
    const parsed = DateTime.fromFormat(text, format, { zone: 'UTC', locale });
    if (!parsed.isValid) throw new Unreadable(`is not a date of the format "${format}"`);
    return parsed.toFormat('yyyy-MM-dd');
  };
}

/** The inverse of `date`. */
export function formatDate({ format, locale }: Omit<DateFormat, 'zone'>, libraries: Libraries): Step {
  return formatDateTime({ format, locale, zone: 'UTC' }, libraries);
}

function luxonOf({ luxon }: Libraries): NonNullable<Libraries['luxon']> {
  if (luxon === undefined) throw new Error('luxon was not loaded');
  return luxon;
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') throw new Unreadable('is not a text');
  return text.trim() === '' ? undefined : text.trim();
}

/** What is wrong with a format or a zone; without a year the current one would be taken, and the result change with the clock. */
export function refuseDateFormat(format: string, zone: string, { luxon }: Libraries): 'format' | 'zone' | undefined {
  const tokens = format.replaceAll(/'[^']*'/g, '');
  if (!/[yDfFxX]|kk|G/.test(tokens)) return 'format';
  return luxon !== undefined && !luxon.IANAZone.isValidZone(zone) && zone !== 'UTC' ? 'zone' : undefined;
}
