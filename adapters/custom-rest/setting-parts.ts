import { z } from 'zod';
import { carriesSecret } from './header-names.ts';

export const headerName = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be a header name');

export const headerText = z
  .string()
  .max(1000)
  .regex(/^[\t\x20-\x7e]*$/, 'must be printable ASCII on one line');

export const parameterName = z
  .string()
  .min(1)
  .max(100)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  .regex(/^[^\u0000-\u001f&=#?]+$/, 'must be the bare name of a query parameter');

export const fieldPath = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^.\s]+(\.[^.\s]+)*$/, 'must be names joined by dots, for example "paging.next.after"');

export const path = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^(?!\/\/)(?![A-Za-z][A-Za-z0-9+.-]*:)[!-~]+$/, 'must be a path below the base URL, percent-encoded')
  .refine((value) => !/[\\#]/.test(value), 'must have no backslash and no fragment');

const queryValue = z.union([z.string().max(1000), z.number()]);

export const staticQuery = z
  .record(parameterName, queryValue)
  .refine(
    (query) => !Object.keys(query).some(carriesSecret),
    'must hold no key, token or password: those belong into the credential, with "auth" of kind "query"',
  );
