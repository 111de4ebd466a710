import type { Json } from '../json.ts';
import type { Step } from './text-transforms.ts';
import { Unreadable } from './unreadable.ts';

/** A JSON number, or a text like `-1.5e3`. */
export const number: Step = (value) => {
  if (typeof value === 'number') return finite(value);
  const text = typeof value === 'string' ? value.trim() : '';
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new Unreadable('is not a number');
  return finite(Number(text));
};

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Unreadable('is too large a number');
  return value;
}

/** A number as a locale writes it: its decimal sign and its groups of digits. `1.234,5` is 1234.5 in `de`. */
export function localNumber(locale: string): Step {
  const parts = new Intl.NumberFormat(locale, { useGrouping: true }).formatToParts(-1_234_567.8);
  const signOf = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  const decimal = signOf('decimal');
  const group = signOf('group');
  const digits = [...new Intl.NumberFormat(locale, { useGrouping: false }).format(9_876_543_210)].reverse();
  return (value) => {
    if (typeof value === 'number') return finite(value);
    if (typeof value !== 'string') throw new Unreadable('is not a number');
    let text = value.trim().replace(/[\u2212\u061c\u200e\u200f]/g, (sign) => (sign === '\u2212' ? '-' : ''));
    for (const [digit, local] of digits.entries()) text = text.replaceAll(local, String(digit));
    const [whole = '', fraction, ...more] = text.split(decimal);
    const groups = splitGroups(whole, group);
    if (
      more.length > 0 ||
      groups === undefined ||
      !/^[+-]?\d*$/.test(groups) ||
      (fraction !== undefined && !/^\d*$/.test(fraction))
    ) {
      throw new Unreadable('is not a number');
    }
    return number(fraction === undefined ? groups : `${groups}.${fraction}`);
  };
}

/** Takes out the signs between groups of digits; `undefined` where they stand elsewhere, so that `1,5` is never 15. */
function splitGroups(whole: string, group: string): string | undefined {
  const isSpace = group.trim() === '';
  const parts = isSpace ? whole.split(/[\s\u00a0\u202f]/) : whole.split(group);
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return whole;
  // India groups by two digits before the last three.
  const fits =
    /^[+-]?\d{1,3}$/.test(first) &&
    rest.every((part, index) => (index === rest.length - 1 ? /^\d{3}$/ : /^\d{2,3}$/).test(part));
  return fits ? parts.join('') : undefined;
}

/** A number as a locale writes it, without groups; the inverse of `localNumber`. */
export function formatNumber(locale: string): Step {
  const format = new Intl.NumberFormat(locale, { useGrouping: false, maximumFractionDigits: 20 });
  return (value) => (typeof value === 'number' ? format.format(value) : value);
}

const english = { yes: ['true', 'yes', 'y', '1', 'on'], no: ['false', 'no', 'n', '0', 'off'] } as const;

/** What people and systems write for yes and no, by language; the English words are understood everywhere. */
const words: Readonly<Record<string, { readonly yes: readonly string[]; readonly no: readonly string[] }>> = {
  en: english,
  de: { yes: ['ja', 'j', 'wahr'], no: ['nein', 'falsch'] },
  fr: { yes: ['oui', 'o', 'vrai'], no: ['non', 'faux'] },
  it: { yes: ['sì', 'si', 's', 'vero'], no: ['no', 'falso'] },
  es: { yes: ['sí', 'si', 's', 'verdadero'], no: ['no', 'falso'] },
  pt: { yes: ['sim', 's', 'verdadeiro'], no: ['não', 'nao', 'falso'] },
  nl: { yes: ['ja', 'j', 'waar'], no: ['nee', 'onwaar'] },
  sl: { yes: ['da', 'd', 'resnično'], no: ['ne', 'neresnično'] },
  hr: { yes: ['da', 'd'], no: ['ne'] },
  pl: { yes: ['tak', 't', 'prawda'], no: ['nie', 'fałsz'] },
  cs: { yes: ['ano', 'a'], no: ['ne'] },
  sv: { yes: ['ja', 'j', 'sant'], no: ['nej', 'falskt'] },
  da: { yes: ['ja', 'j', 'sandt'], no: ['nej', 'falsk'] },
};

export const knownLanguages: readonly string[] = Object.keys(words);

export function boolean(locale = 'en'): Step {
  const local = words[locale.split('-')[0] ?? ''] ?? english;
  const yes = new Set([...english.yes, ...local.yes]);
  const no = new Set([...english.no, ...local.no]);
  return (value: Json) => {
    if (typeof value === 'boolean') return value;
    const text =
      typeof value === 'string' || typeof value === 'number' ? String(value).trim().toLocaleLowerCase(locale) : '';
    if (yes.has(text)) return true;
    if (no.has(text)) return false;
    throw new Unreadable('is neither true nor false');
  };
}
