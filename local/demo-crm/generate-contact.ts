import type { Dataset } from './dataset.ts';
import { drawPerson, type Person } from './draw-person.ts';
import { findDuplicate } from './find-duplicate.ts';
import { drawAddress, formatPhone } from './generate-company.ts';
import { type Draw, drawFrom, STREAMS } from './random.ts';
import { type Fields, idOf } from './record-types.ts';
import { respellContact } from './respell-contact.ts';

/** The fields of a contact; about 4 % of the contacts are an earlier one, spelt differently. */
export const generateContact = (dataset: Dataset, index: number): Fields => {
  const duplicate = findDuplicate(dataset, index);
  if (duplicate === undefined) {
    return writeDown(dataset, index);
  }
  const original = writeDown(dataset, duplicate.originalIndex);
  return respellContact(duplicate.kind, original, drawPerson(dataset, duplicate.originalIndex), index);
};

const TITLES = [
  'Professor',
  'Head of IT',
  'Registrar',
  'Dean',
  'Librarian',
  'Procurement',
  'Lecturer',
  'CISO',
  'Bursar',
];
const TAGS = ['newsletter', 'event-2025', 'vip', 'import', 'do-not-call', 'alumni'];

const writeDown = (dataset: Dataset, index: number): Fields => {
  const person = drawPerson(dataset, index);
  const draw = drawFrom(dataset.seed, STREAMS.contactDetails, index);
  const { country } = person;
  const phoneStyle = draw.integer(10);
  return {
    ...(draw.chance(0.99) ? { firstName: person.name.given.native } : {}),
    lastName: person.name.family.native,
    emails: drawEmails(draw, person),
    ...(person.phoneNumber === undefined || country === undefined
      ? {}
      : {
          phone:
            phoneStyle < 4
              ? formatPhone(country.dialCode, person.phoneNumber, phoneStyle)
              : `+${country.dialCode}${person.phoneNumber}`,
        }),
    ...(draw.chance(0.6) ? { jobTitle: draw.chance(0.9) ? draw.pick(TITLES) : null } : {}),
    ...(person.companyIndex === undefined ? {} : { companyId: idOf('companies', person.companyIndex) }),
    ...(draw.chance(0.5) ? { address: drawAddress(draw, country, country?.code) } : {}),
    ...(country === undefined ? {} : { language: country.locale }),
    tags: TAGS.filter(() => draw.chance(0.15)),
    consent: { newsletter: draw.chance(0.3), source: draw.pick(['form', 'event', 'import', null]) },
  };
};

const drawEmails = (draw: Draw, person: Person): readonly Fields[] => {
  const emails: Fields[] = [];
  if (person.workAddress !== undefined) {
    emails.push({ address: person.workAddress, kind: 'work', primary: true });
  }
  if (draw.chance(person.workAddress === undefined ? 0.6 : 0.2)) {
    emails.push({ address: person.privateAddress, kind: 'private', primary: emails.length === 0 });
  }
  return emails;
};
