import { canonicalText, shortHash } from '../canonical.ts';
import type { Json } from '../json.ts';
import type { Libraries } from './libraries.ts';
import { Unreadable } from './unreadable.ts';

/** Takes a value that is not null; `undefined` leaves the field out. */
export type Step = (value: Json) => Json | undefined;

/** Texts are changed, everything else is left as it is. */
const onText =
  (change: (text: string) => Json | undefined): Step =>
  (value) =>
    typeof value === 'string' ? change(value) : value;

export const trim = onText((text) => text.trim());
export const lower = onText((text) => text.toLowerCase());
export const upper = onText((text) => text.toUpperCase());

/** The locale is never the machine's. */
export const title = (locale = 'en'): Step =>
  onText((text) =>
    text
      .toLocaleLowerCase(locale)
      .replace(
        /(^|[\s\-'’.(/])(\p{L})/gu,
        (_match, before: string, letter: string) => before + letter.toLocaleUpperCase(locale),
      ),
  );

export const toText: Step = (value) => (typeof value === 'string' ? value : canonicalText(value));

/** Neither cuts a character in two. */
export const truncate = (length: number): Step =>
  onText((text) => (text.length <= length ? text : text.slice(0, isCut(text, length) ? length - 1 : length)));

function isCut(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff;
}

export const hash: Step = (value) => shortHash(typeof value === 'string' ? value : canonicalText(value));

export const replace = (find: string, replacement: string): Step =>
  onText((text) => text.replaceAll(find, () => replacement));

/** @throws when the pattern is not RE2 syntax */
export function replacePattern(pattern: string, replacement: string, { patterns }: Libraries): Step {
  if (patterns === undefined) throw new Error('RE2 was not loaded');
  const compiled = patterns.compile(pattern);
  return onText((text) => compiled.matcher(text).replaceAll(replacement));
}

export const split = (separator: string): Step =>
  onText((text) =>
    text
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

export const join =
  (separator: string): Step =>
  (value) =>
    Array.isArray(value)
      ? value
          .filter((part) => part !== null && part !== '')
          .map((part) => (typeof part === 'object' ? JSON.stringify(part) : String(part)))
          .join(separator)
      : value;

/** RFC 5321 says that only the domain is without case; in use the local part is too, and so it is stored everywhere. */
export const email: Step = onText((text) => {
  const address = text
    .trim()
    .replace(/^mailto:/i, '')
    .toLowerCase();
  if (address === '') return undefined;
  if (address.length > 254 || !/^[^\s@<>(),;:"[\]\\]{1,64}@([^\s@.-][^\s@.]{0,62}\.)+[^\s@.]{2,63}$/.test(address)) {
    throw new Unreadable('is not an e-mail address');
  }
  return address;
});

/** An absolute http(s) URL in its normal form; `https` where the text names no scheme. */
export const url: Step = onText((text) => {
  if (text.trim() === '') return undefined;
  return parseUrl(text.trim()).href;
});

/** The registrable domain of a URL, an e-mail address or a host, by the public suffix list: `www.example.co.uk` is `example.co.uk`. */
export const domain = ({ domains }: Libraries): Step => {
  if (domains === undefined) throw new Error('tldts was not loaded');
  return onText((text) => {
    const trimmed = text.trim().toLowerCase();
    if (trimmed === '') return undefined;
    const found = domains.getDomain(/^[^/:?#]+@/.test(trimmed) ? trimmed.slice(trimmed.lastIndexOf('@') + 1) : trimmed);
    if (found === null) throw new Unreadable('has no domain');
    return found;
  });
};

function parseUrl(text: string): URL {
  const parsed = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || !parsed.hostname.includes('.'))
    throw new Unreadable('is not a web address');
  return parsed;
}

/** E.164, for example `+38640123456`; an extension is left out. `country` is where a number without country code is from. */
export function phone(country: string | undefined, { phone: library }: Libraries): Step {
  if (library === undefined) throw new Error('libphonenumber was not loaded');
  const { parsePhoneNumberFromString, isSupportedCountry } = library;
  const from = country !== undefined && isSupportedCountry(country) ? country : undefined;
  return (value) => {
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string') return value;
    if (text.trim() === '') return undefined;
    const number = parsePhoneNumberFromString(text.trim(), from === undefined ? {} : { defaultCountry: from });
    if (number === undefined || !number.isPossible()) throw new Unreadable('is not a phone number');
    return number.number;
  };
}
