import { z } from 'zod';
import { fieldProblem } from './problem.ts';
import { type Fields, type RecordType, STAMPED_FIELDS } from './record-types.ts';

const text = z.string().max(10_000);
const address = z
  .looseObject({ street: text.nullish(), city: text.nullish(), postalCode: text.nullish(), country: text.nullish() })
  .nullish();

/** The fields the CRM knows; it also takes fields of the customer's own, of any kind. */
const FIELDS = {
  companies: z.looseObject({
    name: text.nullish(),
    alternateNames: z.array(text).nullish(),
    domain: text.nullish(),
    country: text.nullish(),
    phone: text.nullish(),
    website: text.nullish(),
    employees: z.number().int().min(0).nullish(),
    address,
  }),
  contacts: z.looseObject({
    firstName: text.nullish(),
    lastName: text.nullish(),
    emails: z.array(z.looseObject({ address: text, kind: text.nullish(), primary: z.boolean().nullish() })).nullish(),
    phone: text.nullish(),
    jobTitle: text.nullish(),
    companyId: text.nullish(),
    address,
    tags: z.array(text).nullish(),
  }),
  deals: z.looseObject({
    name: text.nullish(),
    amount: z.number().nullish(),
    currency: text.nullish(),
    stage: text.nullish(),
    probability: z.number().min(0).max(1).nullish(),
    closeDate: z.iso.date().nullish(),
    companyId: text.nullish(),
    contactId: text.nullish(),
  }),
} satisfies Record<RecordType, z.ZodType<Fields>>;

/** The fields to write; throws a 422 problem that names the field. */
export const parseRecordBody = (type: RecordType, body: unknown): Fields => {
  const result = FIELDS[type].safeParse(body);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw fieldProblem('invalid-record', issue?.path.join('.') || 'body', issue?.message ?? 'not valid');
  }
  for (const name of STAMPED_FIELDS) {
    if (name in result.data) {
      throw fieldProblem('read-only-field', name, 'cannot be written');
    }
  }
  return result.data;
};

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields in nested objects are changed one by one, lists as a whole; null empties a field and stays as null. */
export const mergeFields = (fields: Fields, patch: Fields): Fields => {
  const merged: Fields = { ...fields };
  for (const [name, value] of Object.entries(patch)) {
    const before = merged[name];
    Object.defineProperty(merged, name, {
      value: isObject(value) && isObject(before) ? mergeFields(before, value) : value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return merged;
};
