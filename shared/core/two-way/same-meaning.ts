import { sameValue } from '../canonical.ts';
import type { Json } from '../json.ts';

const addressLike = /^\S+@\S+$/;
const phoneLike = /^\+?[\d(][\d\s().\-/]{6,}$/;
/** Decimal numbers, dates, and versions or network addresses: the signs within them are not there for the eye alone. */
const numberLike = /^\d+\.\d+$|^\d{4}([./-])\d{1,2}\1\d{1,2}$|^\d{1,2}([./-])\d{1,2}\2\d{2,4}$|^\d{1,3}(\.\d{1,3}){3}$/;
const instantLike = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;
const zoned = /(Z|[+-]\d{2}:?\d{2})$/i;

/**
 * Whether two values are one but for how providers write it: blanks around and between words, the letter case of addresses, the signs within
 * a phone number, fractions of a second. Only asked where both sides have changed a field, so that what a provider made of our own value is no conflict.
 */
export function sameMeaning(left: Json | undefined, right: Json | undefined): boolean {
  if (sameValue(left, right)) return true;
  if (isBlank(left) && isBlank(right)) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => sameMeaning(item, right[index]));
  }
  if (typeof left !== 'string' || typeof right !== 'string') return false;
  const [a, b] = [collapse(left), collapse(right)];
  if (a === b) return true;
  if (addressLike.test(a) && addressLike.test(b)) return a.toLowerCase() === b.toLowerCase();
  if (instantLike.test(a) && instantLike.test(b)) return sameSecond(a, b);
  return isPhone(a) && isPhone(b) && (digits(a) === digits(b) || isDomestic(a, b) || isDomestic(b, a));
}

/** What providers show for "nothing here". */
function isBlank(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'string' && value.trim() === '';
}

function collapse(text: string): string {
  return text.normalize('NFC').trim().replace(/\s+/g, ' ');
}

function isPhone(text: string): boolean {
  return phoneLike.test(text) && !numberLike.test(text);
}

/** The number of one country, as it is dialled there and from abroad. */
function isDomestic(national: string, international: string): boolean {
  const significant = digits(national).replace(/^0+/, '');
  const whole = digits(international);
  const code = whole.length - significant.length;
  const isDialled = digits(national).startsWith('0') && !national.startsWith('+');
  return (
    isDialled &&
    international.startsWith('+') &&
    significant.length >= 7 &&
    code >= 1 &&
    code <= 3 &&
    whole.endsWith(significant)
  );
}

function digits(text: string): string {
  return text.replace(/\D/g, '');
}

function sameSecond(left: string, right: string): boolean {
  // What names no zone is whatever the one who wrote it meant.
  if (zoned.test(left) !== zoned.test(right)) return false;
  const [a, b] = [Date.parse(left), Date.parse(right)];
  return Number.isFinite(a) && Number.isFinite(b) && Math.floor(a / 1000) === Math.floor(b / 1000);
}
