import type { MatchRuleSet } from '../../shared/core/documents/match-rules.ts';
import type { PersonRecord } from '../kit/identity-world.ts';

/** A page for one worker: records of one system, in one round. */
export interface IdentityPage {
  readonly index: number;
  readonly records: readonly PersonRecord[];
}

const likeName = [{ fields: ['name'], as: 'person-name' as const, weight: 1 }];

/** An e-mail or a phone with a like name is one person: what changes its owner makes nobody another. */
export const chaosRules: MatchRuleSet = {
  version: 1,
  rules: (['email', 'phone'] as const).map((field) => ({
    kind: 'fuzzy',
    name: field,
    key: [{ fields: [field], as: field, part: 'whole' }],
    compare: likeName,
    mergeAt: 0.9,
    reviewAt: 0.9,
  })),
  strategy: 'newest',
  fieldStrategies: {},
};

export const systems = 8;

/** Names that no typo makes alike. */
function nameOf(person: number): string {
  const syllables = ['ba', 'ko', 'li', 'mu', 'ne', 'po', 'ra', 'su', 'ti', 've'];
  const word = (number: number): string =>
    [...String(1000 + number)].map((digit) => syllables[Number(digit)] ?? '').join('');
  return `${word((person * 7919) % 9000)} ${word((person * 104_729) % 9000)}`;
}

/**
 * The same people in eight systems. Each system knows a person by e-mail, by phone, or by both, which makes one of what the others made two; from round to
 * round e-mails go to the next person, all at once.
 */
export function identityPages(people: number, rounds: number): IdentityPage[] {
  const pages: IdentityPage[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let system = 0; system < systems; system += 1) {
      const records = Array.from({ length: people }, (_, at): PersonRecord => {
        const person = (at * 7 + system * 11) % people;
        const email = { email: `box${(person + round) % people}@x.si` };
        const phone = { phone: `+38640${String(100_000 + person)}` };
        const known = system === 0 ? { ...email, ...phone } : (person + system) % 2 === 0 ? email : phone;
        return {
          id: `p${person}`,
          integration: `int_${system}`,
          name: nameOf(person),
          version: round + 1,
          modifiedAt: new Date(Date.UTC(2029, 0, 1 + round)).toISOString(),
          ...known,
        };
      });
      pages.push({ index: pages.length, records });
    }
  }
  // The systems that know half come first: what they made two is merged by the one that knows both.
  return pages.sort((a, b) => Math.floor(a.index / systems) - Math.floor(b.index / systems) || b.index - a.index);
}
