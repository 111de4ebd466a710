import { type Country, countryCodeOfDomain, findCountry } from './countries.ts';
import type { Dataset } from './dataset.ts';
import { institutionAt } from './institutions.ts';
import { type Draw, drawFrom, STREAMS } from './random.ts';
import type { Fields } from './record-types.ts';

export interface CompanyProfile {
  readonly domain: string;
  /** Undefined for the few institutions that have no name. */
  readonly name: string | undefined;
  readonly countryCode: string | undefined;
}

export const companyProfileAt = (dataset: Dataset, index: number): CompanyProfile => {
  const { domain, names } = institutionAt(dataset.institutions, index);
  return { domain, name: names[0], countryCode: countryCodeOfDomain(domain) };
};

/** The fields of a company: names and domain are real, the rest is made up to fit the country. */
export const generateCompany = (dataset: Dataset, index: number): Fields => {
  const { domain, names } = institutionAt(dataset.institutions, index);
  const draw = drawFrom(dataset.seed, STREAMS.company, index);
  const code = countryCodeOfDomain(domain);
  const country = code === undefined ? undefined : findCountry(code);
  return {
    name: names[0] ?? null,
    alternateNames: names.slice(1),
    domain,
    ...(code === undefined ? {} : { country: code }),
    ...(country !== undefined && draw.chance(0.7) ? { phone: drawPhone(draw, country) } : {}),
    website: draw.chance(0.8) ? `https://www.${domain}/` : null,
    ...(draw.chance(0.75) ? { employees: 10 + draw.integer(9_000) } : {}),
    address: drawAddress(draw, country, code),
  };
};

const STREETS = ['Main St', 'University Ave', 'Campus Rd', 'Library Lane', 'Station Rd', 'Park Blvd', 'College Sq'];

export const drawAddress = (draw: Draw, country: Country | undefined, code: string | undefined): Fields => ({
  ...(draw.chance(0.6) ? { street: `${1 + draw.integer(400)} ${draw.pick(STREETS)}` } : {}),
  ...(country !== undefined && draw.chance(0.9) ? { city: draw.pick(country.cities) } : {}),
  ...(draw.chance(0.5) ? { postalCode: draw.digits(5) } : {}),
  ...(code === undefined ? {} : { country: code }),
});

/** In E.164 for the most part, else as people type it. */
export const drawPhone = (draw: Draw, country: Country): string => {
  const number = draw.digits(9);
  return draw.chance(0.6) ? `+${country.dialCode}${number}` : formatPhone(country.dialCode, number, draw.integer(4));
};

/** The same number in another spelling; `style` is 0 to 3. */
export const formatPhone = (dialCode: string, number: string, style: number): string => {
  const groups = [number.slice(0, 3), number.slice(3, 6), number.slice(6)];
  switch (style) {
    case 0:
      return `+${dialCode} ${groups.join(' ')}`;
    case 1:
      return `00${dialCode}-${groups.join('-')}`;
    case 2:
      return `(+${dialCode}) ${groups.join('.')}`;
    default:
      return `+${dialCode} (0) ${groups.join('')}`;
  }
};
