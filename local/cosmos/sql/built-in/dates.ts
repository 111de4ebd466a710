import { isWhole, type JsonFunction, jsonFunction, type Value } from './json-function.ts';

/** Dates are counted in ticks of 100 ns since 1970, the precision of the service's seven digits. */
const TICKS_PER_MS = 10_000n;

const UNIT_NAMES: Record<string, string> = {
  year: 'year', yyyy: 'year', yy: 'year',
  month: 'month', mm: 'month', m: 'month',
  day: 'day', dd: 'day', d: 'day',
  hour: 'hour', hh: 'hour',
  minute: 'minute', mi: 'minute', n: 'minute',
  second: 'second', ss: 'second', s: 'second',
  millisecond: 'millisecond', ms: 'millisecond',
  microsecond: 'microsecond', mcs: 'microsecond',
  nanosecond: 'nanosecond', ns: 'nanosecond',
}; // biome-ignore format: a table

/** Nanoseconds of the units that always last the same. */
const UNIT_NS: Record<string, bigint> = {
  day: 86_400_000_000_000n,
  hour: 3_600_000_000_000n,
  minute: 60_000_000_000n,
  second: 1_000_000_000n,
  millisecond: 1_000_000n,
  microsecond: 1_000n,
  nanosecond: 1n,
};
const NS_PER_TICK = 100n;

const FORMAT = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?)?Z?$/;

function unitOf(name: Value): string | undefined {
  return typeof name === 'string' && Object.hasOwn(UNIT_NAMES, name.toLowerCase())
    ? UNIT_NAMES[name.toLowerCase()]
    : undefined;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** Ticks of calendar parts, month from 1; undefined when there is no such day or time. */
function ticksOf(parts: readonly number[], fraction: bigint): bigint | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const back = [
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
  const exists = [month, day, hour, minute, second].every((part, index) => part === back[index]);
  return exists && year >= 1 && year <= 9999 ? BigInt(date.getTime()) * TICKS_PER_MS + fraction : undefined;
}

function parse(text: Value): bigint | undefined {
  const match = typeof text === 'string' ? FORMAT.exec(text) : null;
  if (match === null) return undefined;
  const parts = match.slice(1, 7).map((part) => Number(part ?? 0));
  return ticksOf(parts, BigInt((match[7] ?? '').padEnd(7, '0')));
}

function dateOf(ticks: bigint): Date {
  return new Date(Number(floorDivide(ticks, TICKS_PER_MS)));
}

/** `YYYY-MM-DDThh:mm:ss.fffffffZ`; undefined outside of the years 1 to 9999. */
function format(ticks: bigint): string | undefined {
  const date = dateOf(ticks);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9999) return undefined;
  const rest = ticks - floorDivide(ticks, TICKS_PER_MS) * TICKS_PER_MS;
  return `${date.toISOString().slice(0, -1)}${String(rest).padStart(4, '0')}Z`;
}

/** Months since the year 0. */
function monthsOf(ticks: bigint): number {
  const date = dateOf(ticks);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** Moves by whole months; a day that the month does not have becomes its last. */
function addMonths(ticks: bigint, months: number): bigint | undefined {
  const date = dateOf(ticks);
  const total = monthsOf(ticks) + months;
  const [year, month] = [Math.floor(total / 12), ((total % 12) + 12) % 12];
  const lastDay = new Date(Date.UTC(2000 + (((year % 400) + 400) % 400), month + 1, 0)).getUTCDate();
  const time = ticks - floorDivide(ticks, 10_000n * 86_400_000n) * 10_000n * 86_400_000n;
  const start = ticksOf([year, month + 1, Math.min(date.getUTCDate(), lastDay)], 0n);
  return start === undefined ? undefined : start + time;
}

function add([name, amount, text]: readonly Value[]): Value {
  const [unit, ticks] = [unitOf(name), parse(text)];
  if (unit === undefined || ticks === undefined || !isWhole(amount)) return undefined;
  const ns = UNIT_NS[unit];
  const moved =
    ns === undefined
      ? addMonths(ticks, unit === 'year' ? amount * 12 : amount)
      : ticks + floorDivide(BigInt(amount) * ns, NS_PER_TICK);
  return moved === undefined ? undefined : format(moved);
}

/** How many boundaries of the unit lie between two dates. */
function difference([name, from, to]: readonly Value[]): Value {
  const [unit, start, end] = [unitOf(name), parse(from), parse(to)];
  if (unit === undefined || start === undefined || end === undefined) return undefined;
  if (unit === 'month') return monthsOf(end) - monthsOf(start);
  if (unit === 'year') return Math.floor(monthsOf(end) / 12) - Math.floor(monthsOf(start) / 12);
  const ns = UNIT_NS[unit] ?? 1n;
  return Number(floorDivide(end * NS_PER_TICK, ns) - floorDivide(start * NS_PER_TICK, ns));
}

function part([name, text]: readonly Value[]): Value {
  const [unit, ticks] = [unitOf(name), parse(text)];
  if (unit === undefined || ticks === undefined) return undefined;
  const date = dateOf(ticks);
  const fraction = Number(ticks - floorDivide(ticks, 10_000_000n) * 10_000_000n);
  const parts: Record<string, number> = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: Math.floor(fraction / 10_000),
    microsecond: Math.floor(fraction / 10),
    nanosecond: fraction * 100,
  };
  return parts[unit];
}

/** The start of the bin of `size` units that a date falls into, counted from `origin`. */
function bin([text, name, size = 1, origin = '1970-01-01T00:00:00.0000000Z']: readonly Value[]): Value {
  const [unit, ticks, start] = [unitOf(name), parse(text), parse(origin)];
  if (unit === undefined || ticks === undefined || start === undefined || !isWhole(size) || size < 1) return undefined;
  const ns = UNIT_NS[unit];
  if (ns !== undefined) {
    const length = (BigInt(size) * ns) / NS_PER_TICK || 1n;
    return format(start + floorDivide(ticks - start, length) * length);
  }
  const months = unit === 'year' ? size * 12 : size;
  const binned = Math.floor((monthsOf(ticks) - monthsOf(start)) / months) * months;
  const moved = addMonths(start, binned);
  return moved === undefined ? undefined : format(moved);
}

function fromParts(args: readonly Value[]): Value {
  if (!args.every(isWhole)) return undefined;
  const [year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0, fraction = 0] = args;
  const ticks =
    fraction < 0 || fraction > 9_999_999
      ? undefined
      : ticksOf([year, month, day, hour, minute, second], BigInt(fraction));
  return ticks === undefined ? undefined : format(ticks);
}

function whenParsed(text: Value, compute: (ticks: bigint) => number): Value {
  const ticks = parse(text);
  return ticks === undefined ? undefined : compute(ticks);
}

export const DATE_FUNCTIONS: Record<string, JsonFunction> = {
  DATETIMEADD: jsonFunction('string', 3, 3, add),
  DATETIMEDIFF: jsonFunction('number', 3, 3, difference),
  DATETIMEPART: jsonFunction('number', 2, 2, part),
  DATETIMEBIN: jsonFunction('string', 2, 4, bin),
  DATETIMEFROMPARTS: jsonFunction('string', 3, 7, fromParts),
  DATETIMETOTICKS: jsonFunction('number', 1, 1, ([text]) => whenParsed(text, Number)),
  DATETIMETOTIMESTAMP: jsonFunction('number', 1, 1, ([text]) =>
    whenParsed(text, (ticks) => Number(floorDivide(ticks, TICKS_PER_MS))),
  ),
  TICKSTODATETIME: jsonFunction('string', 1, 1, ([ticks]) =>
    typeof ticks === 'number' && Number.isInteger(ticks) ? format(BigInt(ticks)) : undefined,
  ),
  TIMESTAMPTODATETIME: jsonFunction('string', 1, 1, ([ms]) =>
    isWhole(ms) ? format(BigInt(ms) * TICKS_PER_MS) : undefined,
  ),
};
