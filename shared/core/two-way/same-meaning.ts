import { sameValue } from '../canonical.ts';
import type { Json } from '../json.ts';

const phoneLike = /^\+?[\d\s().\-/]{6,}$/;
const instantLike = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

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
  if (a.includes('@') && b.includes('@')) return a.toLowerCase() === b.toLowerCase();
  if (instantLike.test(a) && instantLike.test(b)) return sameSecond(a, b);
  return phoneLike.test(a) && phoneLike.test(b) && digits(a) === digits(b);
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

function digits(text: string): string {
  return text.replace(/\D/g, '');
}

function sameSecond(left: string, right: string): boolean {
  const [a, b] = [Date.parse(left), Date.parse(right)];
  return Number.isFinite(a) && Number.isFinite(b) && Math.floor(a / 1000) === Math.floor(b / 1000);
}
