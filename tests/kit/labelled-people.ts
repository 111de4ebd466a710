import type { MatchRuleSet } from '../../shared/core/documents/match-rules.ts';

/** A record of which it is known who it is. */
export interface LabelledPerson {
  readonly id: string;
  /** Equal for records of one person. */
  readonly person: number;
  readonly kind: 'first' | (typeof spellings)[number] | 'family' | 'reused-phone' | 'namesake';
  readonly fields: {
    readonly first: string;
    readonly last: string;
    readonly email?: string;
    readonly phone?: string;
    readonly city: string;
    readonly company?: string;
  };
}

/** How a second record of a person differs. */
const spellings = ['same', 'typo', 'nickname', 'initial', 'casing', 'moved', 'other-mailbox', 'plus-tag'] as const;

const givenNames = [
  ...['Robert/Bob', 'William/Bill', 'Elizabeth/Liz', 'Katherine/Kate', 'Michael/Mike', 'Thomas/Tom', 'Anthony/Tony'],
  ...['Alexander/Sasha', 'Joseph/Joe', 'Margaret/Peggy', 'Richard/Dick', 'Susan/Sue', 'Andreas', 'Ana', 'Branko'],
  ...['Cvetka', 'Dragan', 'Eva', 'Franc', 'Gregor', 'Helena', 'Igor', 'Jana', 'Karl', 'Lucija', 'Marjeta', 'Nina'],
  ...['Oskar', 'Primož', 'Rok', 'Simona', 'Tadej', 'Urška', 'Vesna', 'Zala', 'Žiga', 'François', 'Jürgen', 'Łukasz'],
  ...['Aisha', 'Chen', 'Dmitri', 'Fatima', 'Giulia', 'Hiroshi', 'Ingrid', 'Jorge', 'Kwame', 'Leila', 'Mehmet'],
];
const beginnings = [
  'Nov',
  'Hor',
  'Kov',
  'Zup',
  'Pot',
  'Mla',
  'Vid',
  'Gol',
  'Tur',
  'Kra',
  'Ber',
  'Sch',
  'Mül',
  'Wag',
  'Fis',
];
const middles = ['a', 'e', 'i', 'o', 'u', 'an', 'er', 'in', 'or', 'ul', 'ar', 'en', 'ov', 'ič', 'el'];
const endings = ['k', 'č', 'nik', 'ler', 'man', 'ski', 'šek', 'c', 'mann', 'ton', 'sen', 'ar', 'žič', 'berg', 'ez'];
const cities = [
  'Ljubljana',
  'Maribor',
  'Celje',
  'Kranj',
  'Koper',
  'Graz',
  'Wien',
  'Zagreb',
  'Trieste',
  'Udine',
  'Linz',
  'Split',
];

/** A person before it is written down. */
interface Person {
  readonly first: string;
  readonly nickname: string | undefined;
  readonly last: string;
  readonly email: string;
  readonly phone: string;
  readonly city: string;
  readonly company: string;
}

/**
 * People as several systems have them: second records that are misspelt, shortened, moved to another company or written with another mailbox; families that
 * share an e-mail, numbers given to the next employee, namesakes. The same set for the same seed.
 *
 * @param people how many different people
 * @param share of them that have a second record, in [0, 1]
 */
export function labelledPeople(people: number, share: number, seed: number): LabelledPerson[] {
  const random = seededFractions(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const records: LabelledPerson[] = [];
  let before: Person | undefined;
  for (let person = 0; person < people; person += 1) {
    const drawn = drawPerson(pick, random, person);
    const [kind, written] = before === undefined ? (['first', drawn] as const) : asNeighbour(drawn, before, random());
    records.push({ id: `r${records.length}`, person, kind, fields: fieldsOf(written, random) });
    if (random() < share) {
      const spelling = pick(spellings);
      records.push({
        id: `r${records.length}`,
        person,
        kind: spelling,
        fields: respell(spelling, written, pick, random),
      });
    }
    before = written;
  }
  return records;
}

function drawPerson(pick: <T>(items: readonly T[]) => T, random: () => number, index: number): Person {
  const [first = '', nickname] = pick(givenNames).split('/');
  const last = pick(beginnings) + pick(middles) + pick(middles) + pick(endings);
  const company = `${plain(pick(beginnings))}${plain(pick(endings))}${Math.floor(random() * 4000)}.example`;
  const email = `${plain(first)}.${plain(last)}${index}@${random() < 0.3 ? 'gmail.com' : company}`;
  const phone = `+386 ${10 + (index % 90)} ${String(1_000_000 + index).slice(1)}`;
  return { first, nickname, last, email, phone, city: pick(cities), company };
}

/** One in twelve has something of the one before: another person all the same. */
function asNeighbour(drawn: Person, before: Person, draw: number): [LabelledPerson['kind'], Person] {
  const isOther = drawn.first !== before.first && drawn.nickname !== before.nickname;
  if (draw < 0.04 && isOther) {
    return ['family', { ...drawn, last: before.last, email: before.email, city: before.city, phone: drawn.phone }];
  }
  if (draw < 0.07) return ['reused-phone', { ...drawn, phone: before.phone, company: before.company }];
  if (draw < 0.08) return ['namesake', { ...drawn, first: before.first, last: before.last }];
  return ['first', drawn];
}

function fieldsOf(person: Person, random: () => number): LabelledPerson['fields'] {
  const { first, last, email, phone, city, company } = person;
  return {
    first,
    last,
    city,
    company,
    ...(random() < 0.95 ? { email } : {}),
    ...(random() < 0.9 ? { phone } : {}),
  };
}

function respell(
  spelling: (typeof spellings)[number],
  person: Person,
  pick: <T>(items: readonly T[]) => T,
  random: () => number,
): LabelledPerson['fields'] {
  const { first, nickname, last, email, phone, city, company } = person;
  const all = { first, last, email, phone, city, company };
  switch (spelling) {
    case 'same':
      return { ...all, phone: phone.replaceAll(' ', '') };
    case 'typo':
      return { ...all, last: misspell(last, random) };
    case 'nickname':
      return { ...all, first: nickname ?? first };
    case 'initial':
      return { ...all, first: `${first.slice(0, 1)}.` };
    case 'casing':
      return { ...all, first: first.toUpperCase(), last: ` ${plain(last).toUpperCase()}`, email: email.toUpperCase() };
    case 'moved': {
      const next = `${plain(pick(beginnings))}${plain(pick(endings))}${Math.floor(random() * 4000)}.example`;
      return { ...all, email: `${plain(first)}.${plain(last)}@${next}`, company: next };
    }
    case 'other-mailbox':
      return { ...all, email: `${plain(first)}${plain(last)}${Math.floor(random() * 1e6)}@gmx.net` };
    case 'plus-tag':
      return { ...all, email: email.endsWith('@gmail.com') ? email.replace('.', '').replace('@', '+crm@') : email };
  }
}

function misspell(word: string, random: () => number): string {
  const letters = [...word];
  const at = 1 + Math.floor(random() * (letters.length - 2));
  const [a, b] = [letters[at] ?? '', letters[at + 1] ?? ''];
  if (random() < 0.5) letters.splice(at, 2, b, a);
  else letters.splice(at, 1);
  return letters.join('');
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace('ł', 'l');
}

/** Uniform in [0, 1); the same sequence for the same seed (mulberry32). */
export function seededFractions(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const name = { fields: ['first', 'last'], as: 'person-name' as const, weight: 1 };

/** Rules for contacts of a business: no single value makes two records one, a name must be alike besides. */
export const contactRules: MatchRuleSet = {
  version: 1,
  rules: [
    {
      kind: 'fuzzy',
      name: 'Same e-mail, like name',
      key: [{ fields: ['email'], as: 'email', part: 'whole' }],
      compare: [name],
      mergeAt: 0.92,
      reviewAt: 0.75,
    },
    {
      kind: 'fuzzy',
      name: 'Same phone, like name',
      key: [{ fields: ['phone'], as: 'phone', part: 'whole' }],
      compare: [name],
      mergeAt: 0.92,
      reviewAt: 0.75,
    },
    {
      kind: 'fuzzy',
      name: 'Same name at one company',
      key: [
        { fields: ['company'], as: 'domain', part: 'whole' },
        { fields: ['last'], as: 'person-name', part: 'sound' },
      ],
      compare: [name],
      mergeAt: 0.97,
      reviewAt: 0.86,
    },
  ],
  defaultCountry: 'SI',
  strategy: 'newest',
  fieldStrategies: {},
};
