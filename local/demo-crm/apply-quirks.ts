import type { Quirk } from './behaviour.ts';
import type { Fields } from './record-types.ts';

/** What becomes of fields that are written. */
export const applyQuirks = (quirks: readonly Quirk[], fields: Fields): Fields => {
  const has = new Set(quirks);
  return has.size === 0 ? fields : changeObject(has, fields);
};

/** The time that a record is stamped with, in milliseconds since 1970. */
export const stampTime = (quirks: readonly Quirk[], atMs: number): number =>
  quirks.includes('drops-milliseconds') ? Math.floor(atMs / 1000) * 1000 : atMs;

const changeObject = (has: ReadonlySet<Quirk>, fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, changeValue(has, name, value)]));

const changeValue = (has: ReadonlySet<Quirk>, name: string, value: unknown): unknown => {
  if (typeof value === 'string') {
    return changeText(has, name, value);
  }
  if (Array.isArray(value)) {
    return value.map((item) => changeValue(has, name === 'emails' ? 'email' : '', item));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const changed = changeObject(has, value as Fields);
  return name === 'email' && typeof changed['address'] === 'string'
    ? { ...changed, address: changeText(has, 'email', changed['address']) }
    : changed;
};

const INSTANT_WITH_FRACTION = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+(Z|[+-]\d\d:\d\d)$/;

const changeText = (has: ReadonlySet<Quirk>, name: string, text: string): string => {
  let changed = text;
  if (has.has('trims-texts')) {
    changed = changed.trim();
  }
  if (has.has('normalises-phones') && name === 'phone') {
    changed = normalisePhone(changed);
  }
  if (has.has('lower-cases-emails') && name === 'email') {
    changed = changed.toLowerCase();
  }
  return has.has('drops-milliseconds') ? changed.replace(INSTANT_WITH_FRACTION, '$1$2') : changed;
};

/** Digits only, behind a plus sign where the number began with one or with two zeros. A text without digits stays. */
const normalisePhone = (text: string): string => {
  const digits = text.replaceAll(/\D/g, '');
  if (digits === '') {
    return text;
  }
  if (text.trim().startsWith('+')) {
    return `+${digits}`;
  }
  return digits.startsWith('00') ? `+${digits.slice(2)}` : digits;
};
