import type { Person } from './draw-person.ts';
import type { DuplicateKind } from './find-duplicate.ts';
import { formatPhone } from './generate-company.ts';
import type { Name } from './person-names.ts';
import type { Fields } from './record-types.ts';

/** The same person as someone else would type it; every kind keeps something by which the two can be told to be one. */
export const respellContact = (kind: DuplicateKind, original: Fields, person: Person, index: number): Fields => {
  const { given, family } = person.name;
  switch (kind) {
    case 'casing':
      return {
        ...original,
        firstName: given.native.toLowerCase(),
        lastName: ` ${family.native.toUpperCase()}`,
        emails: workEmail((person.workAddress ?? person.privateAddress).toUpperCase()),
      };
    case 'typo':
      return {
        ...original,
        lastName: swapLetters(family.native),
        emails: workEmail(person.workAddress ?? person.privateAddress),
      };
    case 'phone-format':
      return {
        ...original,
        firstName: `${given.native.slice(0, 1)}.`,
        ...(person.phoneNumber === undefined || person.country === undefined
          ? {}
          : { phone: formatPhone(person.country.dialCode, person.phoneNumber, index % 4) }),
      };
    case 'second-email':
      return {
        ...original,
        emails: [
          { address: `${given.latin}${index + 1}@mail.example`, kind: 'private', primary: true },
          ...workEmail(person.workAddress ?? person.privateAddress).map((email) => ({ ...email, primary: false })),
        ],
      };
    case 'latin-script':
      return { ...original, firstName: capitalise(given), lastName: capitalise(family) };
  }
};

const workEmail = (address: string): readonly Fields[] => [{ address, kind: 'work', primary: true }];

/** Two neighbouring letters in the middle change places; a name too short for that gets its last letter twice. */
const swapLetters = (text: string): string => {
  const letters = [...text];
  const middle = Math.floor(letters.length / 2);
  const [first, second] = [letters[middle - 1], letters[middle]];
  return first === undefined || second === undefined || first === second
    ? text + (letters.at(-1) ?? '')
    : [...letters.slice(0, middle - 1), second, first, ...letters.slice(middle + 1)].join('');
};

const capitalise = (name: Name): string => name.latin.slice(0, 1).toUpperCase() + name.latin.slice(1);
