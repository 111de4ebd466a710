import { doubleMetaphone } from 'double-metaphone';
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { getDomain } from 'tldts';
import type { z } from 'zod';
import type { valueKind } from '../../contracts/match-rules.ts';

export type ValueKind = z.infer<typeof valueKind>;

/** Makes values comparable: equal text for what means the same. `undefined` for what cannot be read. */
export function normalise(kind: ValueKind, value: string, defaultCountry: string | undefined): string | undefined {
  switch (kind) {
    case 'email':
      return normaliseEmail(value);
    case 'phone':
      return normalisePhone(value, defaultCountry);
    case 'domain':
      return normaliseDomain(value);
    case 'text':
      return words(value).join(' ') || undefined;
    case 'person-name':
      return without(words(value), titles) || undefined;
    case 'company-name':
      return without(words(value), legalForms) || undefined;
  }
}

/** What a provider of mailboxes ignores in the part before the `@`, by its own documentation. */
const mailProviders: readonly { readonly domains: readonly string[]; readonly tag: string; readonly dots: boolean }[] =
  [
    { domains: ['gmail.com', 'googlemail.com'], tag: '+', dots: true },
    { domains: ['outlook.com', 'hotmail.com', 'live.com', 'msn.com'], tag: '+', dots: false },
    { domains: ['icloud.com', 'me.com', 'mac.com'], tag: '+', dots: false },
    { domains: ['proton.me', 'protonmail.com', 'pm.me', 'fastmail.com', 'zoho.com'], tag: '+', dots: false },
    { domains: ['yahoo.com', 'ymail.com'], tag: '-', dots: false },
  ];
const policies = new Map(mailProviders.flatMap((policy) => policy.domains.map((domain) => [domain, policy] as const)));

/** Different names of one provider's mailboxes. */
const sameMailboxes: Readonly<Record<string, string>> = { 'googlemail.com': 'gmail.com' };

/** Elsewhere a tag or a dot may be another person's mailbox: kept. */
export function normaliseEmail(value: string): string | undefined {
  const address = value.trim().toLowerCase().normalize('NFKC');
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1).replace(/\.$/, '');
  let local = address.slice(0, Math.max(at, 0));
  if (local === '' || address.length > 254 || /\s/.test(address) || !/^[^@.]+(\.[^@.]+)+$/.test(domain))
    return undefined;
  const policy = policies.get(domain);
  if (policy !== undefined) {
    const tag = local.indexOf(policy.tag);
    if (tag > 0) local = local.slice(0, tag);
    if (policy.dots) local = local.replaceAll('.', '');
  }
  return `${local}@${sameMailboxes[domain] ?? domain}`;
}

/** E.164. Without a country code it needs a default country. */
export function normalisePhone(value: string, defaultCountry: string | undefined): string | undefined {
  if (value.length > 60) return undefined;
  // A zero in brackets is not dialled from abroad.
  const text = value.trim().replace(/^00/, '+').replace('(0)', '');
  // After a country code the digits are the number: the library would say the same, in ten times the time.
  if (/^\+[1-9][\d\s./()-]*$/.test(text)) {
    const digits = text.replace(/\D/g, '');
    return digits.length >= 7 && digits.length <= 15 ? `+${digits}` : undefined;
  }
  const country = defaultCountry !== undefined && isSupportedCountry(defaultCountry) ? defaultCountry : undefined;
  if (country === undefined) return undefined;
  const parsed = parsePhoneNumberFromString(text, { defaultCountry: country, extract: false });
  return parsed?.isPossible() === true ? parsed.number : undefined;
}

/** Mailboxes there say nothing about who someone works for. */
const publicMailDomains = new Set([
  ...policies.keys(),
  ...['gmx.de', 'gmx.net', 'gmx.com', 'web.de', 't-online.de', 'aol.com', 'mail.ru', 'yandex.ru', 'qq.com', '163.com'],
  ...[
    'orange.fr',
    'free.fr',
    'wanadoo.fr',
    'libero.it',
    'siol.net',
    'yahoo.co.uk',
    'yahoo.de',
    'yahoo.fr',
    'hotmail.co.uk',
  ],
]);

/** The registrable domain of a host, address or e-mail; none for public mail providers. */
export function normaliseDomain(value: string): string | undefined {
  const domain = getDomain(value.trim().toLowerCase(), { allowPrivateDomains: true }) ?? undefined;
  return domain === undefined || publicMailDomains.has(domain) ? undefined : domain;
}

const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};

/** Words of letters and digits, without case and accents. */
function words(value: string): string[] {
  const plain = value
    .slice(0, 400)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ßæœøłđðþı]/g, (letter) => letters[letter] ?? letter)
    .replace(/['’ʼ`]/g, '');
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}

const titles = new Set([
  'mr',
  'mrs',
  'ms',
  'miss',
  'dr',
  'prof',
  'sir',
  'herr',
  'frau',
  'mag',
  'ing',
  'dipl',
  'phd',
  'msc',
  'mba',
  'jr',
  'sr',
]);
const legalForms = new Set(
  [
    'inc',
    'incorporated',
    'ltd',
    'limited',
    'llc',
    'llp',
    'plc',
    'corp',
    'corporation',
    'co',
    'company',
    'gmbh',
    'ag',
    'kg',
    'ohg',
    'ug',
  ].concat([
    'sa',
    'sas',
    'sarl',
    'srl',
    'spa',
    'bv',
    'nv',
    'ab',
    'as',
    'oy',
    'doo',
    'dd',
    'sro',
    'zrt',
    'kft',
    'the',
    'd',
    'o',
  ]),
);

/** All of it, where nothing else is left. */
function without(all: readonly string[], ignored: ReadonlySet<string>): string {
  const kept = all.filter((word) => !ignored.has(word));
  return (kept.length === 0 ? all : kept).join(' ');
}

/** How the last word sounds; what does not sound (other scripts) is taken as it is written. */
export function soundOf(normalised: string): string {
  const last = normalised.split(' ').at(-1) ?? normalised;
  return doubleMetaphone(last)[0] || last;
}
