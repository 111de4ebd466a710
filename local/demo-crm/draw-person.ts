import { type Country, findCountry } from './countries.ts';
import type { Dataset } from './dataset.ts';
import { type CompanyProfile, companyProfileAt } from './generate-company.ts';
import { drawPersonName, type Locale, type PersonName } from './person-names.ts';
import { type Draw, drawFrom, STREAMS } from './random.ts';

/** A person before it is written down in one of several spellings. */
export interface Person {
  readonly name: PersonName;
  readonly companyIndex: number | undefined;
  readonly workAddress: string | undefined;
  readonly privateAddress: string;
  readonly country: Country | undefined;
  readonly phoneNumber: string | undefined;
}

/** Most contacts belong to few companies: the square of an even draw. */
const drawCompanyIndex = (draw: Draw, companies: number): number | undefined =>
  draw.chance(0.95) && companies > 0 ? Math.floor(draw.fraction() ** 2 * companies) : undefined;

const PRIVATE_DOMAINS = ['example.com', 'example.net', 'example.org', 'mail.example'];

/** Who the contact at this index is: a function of the dataset and the index alone. */
export const drawPerson = (dataset: Dataset, index: number): Person => {
  const draw = drawFrom(dataset.seed, STREAMS.contact, index);
  const companyIndex = drawCompanyIndex(draw, dataset.counts.companies);
  const company = companyIndex === undefined ? undefined : companyProfileAt(dataset, companyIndex);
  const country = company?.countryCode === undefined ? undefined : findCountry(company.countryCode);
  const name = drawPersonName(draw, drawLocale(draw, country));
  const local = `${name.given.latin}.${name.family.latin}`;
  return {
    name,
    companyIndex,
    country,
    workAddress: drawWorkAddress(draw, company, local, index),
    privateAddress: `${local}.${index + 1}@${draw.pick(PRIVATE_DOMAINS)}`,
    phoneNumber: country !== undefined && draw.chance(0.65) ? draw.digits(9) : undefined,
  };
};

/** One person in ten comes from elsewhere. */
const drawLocale = (draw: Draw, country: Country | undefined): Locale => {
  const elsewhere: Locale = draw.pick(['en', 'de', 'es', 'ru', 'zh', 'ar', 'hi', 'ja', 'ko', 'he', 'th', 'vi']);
  return draw.chance(0.1) ? elsewhere : (country?.locale ?? 'en');
};

const drawWorkAddress = (
  draw: Draw,
  company: CompanyProfile | undefined,
  local: string,
  index: number,
): string | undefined => {
  const suffix = draw.chance(0.5) ? '' : `${index % 97}`;
  return company?.domain.includes('.') === true && draw.chance(0.9) ? `${local}${suffix}@${company.domain}` : undefined;
};
