import { Cron } from 'croner';
import { ConfigurationError } from '../config/errors.ts';

interface Field {
  readonly label: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly names?: readonly string[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const FIELDS: readonly Field[] = [
  { label: 'second', minimum: 0, maximum: 59 },
  { label: 'minute', minimum: 0, maximum: 59 },
  { label: 'hour', minimum: 0, maximum: 23 },
  { label: 'day of month', minimum: 1, maximum: 31 },
  { label: 'month', minimum: 1, maximum: 12, names: MONTHS },
  { label: 'day of week', minimum: 0, maximum: 6, names: DAYS },
];

/** The next time strictly after another one; undefined when there is none, as on 30 February. */
export type NextOccurrence = (after: Date) => Date | undefined;

/**
 * Compiles an NCRONTAB expression of five fields (no seconds) or six. Day of month and day of week must both match.
 * What the service's parser does not know (`L`, `W`, `#`, `?`, `@daily`, 7 for Sunday) is refused.
 * @param timeZone an IANA name
 * @throws ConfigurationError naming the field that is wrong
 */
export const compileNcrontab = (expression: string, timeZone: string): NextOccurrence => {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) {
    throw new ConfigurationError(`"${expression}" is not a schedule: it has ${parts.length} fields, not 5 or 6`);
  }
  const six = parts.length === 5 ? ['0', ...parts] : parts;
  const pattern = six.map((part, index) => normalise(part, FIELDS[index], expression)).join(' ');
  const cron = createCron(pattern, timeZone, expression);
  return (after) => cron.nextRun(after) ?? undefined;
};

const createCron = (pattern: string, timeZone: string, expression: string): Cron => {
  try {
    const cron = new Cron(pattern, { mode: '6-part', domAndDow: true, timezone: timeZone, paused: true });
    cron.nextRun(new Date(0));
    return cron;
  } catch (error) {
    throw new ConfigurationError(`The schedule "${expression}" cannot be used in the time zone "${timeZone}"`, {
      cause: error,
    });
  }
};

/** Writes a field with numbers only and without steps that begin at a number, which cron libraries read differently. */
const normalise = (text: string, field: Field | undefined, expression: string): string => {
  const items = field === undefined ? [] : text.split(',').map((item) => normaliseItem(item, field));
  if (items.length === 0 || items.includes(undefined)) {
    throw new ConfigurationError(`"${expression}" is not a schedule: "${text}" cannot be its ${field?.label}`);
  }
  return items.join(',');
};

/** One of a field's comma-separated items; undefined when it is wrong. */
const normaliseItem = (item: string, field: Field): string | undefined => {
  const match = /^(?:(\*)|([0-9]+|[a-z]+)(?:-([0-9]+|[a-z]+))?)(?:\/([0-9]+))?$/i.exec(item);
  if (match === null) {
    return undefined;
  }
  const [, star, first = '', last, step] = match;
  if (step !== undefined && Number(step) < 1) {
    return undefined;
  }
  const from = star === undefined ? toNumber(first, field) : field.minimum;
  const to = endOf(field, from, star, last, step);
  if (from === undefined || to === undefined || to < from) {
    return undefined;
  }
  if (from === to) {
    return `${from}`;
  }
  const range = star ?? `${from}-${to}`;
  return step === undefined ? range : (cappedStep(from, to, step) ?? `${range}/${step}`);
};

/** `5/10` means from 5 to the end of the field, `5` just itself. */
const endOf = (
  field: Field,
  from: number | undefined,
  star: string | undefined,
  last: string | undefined,
  step: string | undefined,
): number | undefined => {
  if (last !== undefined) {
    return toNumber(last, field);
  }
  return star !== undefined || step !== undefined ? field.maximum : from;
};

/** A step longer than its range hits the first value only; the cron library would refuse it. */
const cappedStep = (from: number, to: number, step: string): string | undefined =>
  Number(step) > to - from ? `${from}` : undefined;

const toNumber = (text: string, field: Field): number | undefined => {
  const index = field.names?.indexOf(text.toUpperCase()) ?? -1;
  const value = index >= 0 ? index + field.minimum : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.minimum && value <= field.maximum ? value : undefined;
};
