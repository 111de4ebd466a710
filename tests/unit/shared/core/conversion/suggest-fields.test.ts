import { describe, expect, it } from 'vitest';
import { describeRecords } from '../../../../../adapters/kit/describe-records.ts';
import { suggestFields } from '../../../../../shared/core/conversion/suggest-fields.ts';
import { findBuiltIn } from '../../../../../shared/core/shard-types/built-in.ts';

const contact = findBuiltIn('contact')?.schema ?? {};
const deal = findBuiltIn('deal')?.schema ?? {};

describe('the fields of records', () => {
  it('are told by name and kind, lists by their items', () => {
    const records = [
      { id: 1, mails: [{ at: 'a@b.si' }], when: '2024-01-01T00:00:00Z', flag: null, 'odd name': 1 },
      { id: 'x', mails: [], flag: true, phone: '+386 40 123 456' },
    ];
    expect(describeRecords(records)).toEqual([
      { path: 'id', types: ['number', 'string'] },
      { path: 'mails.*.at', types: ['string'], looksLike: 'email' },
      { path: 'when', types: ['string'], looksLike: 'instant' },
      { path: 'flag', types: ['boolean'] },
      { path: 'phone', types: ['string'], looksLike: 'phone' },
    ]);
  });
});

describe('a suggestion', () => {
  it('knows a field by the names that systems have for it', () => {
    const records = [
      {
        FirstName: 'Ana',
        surname: 'Novak',
        PrimaryEmail: 'ana@example.org',
        mobile: '+38640123456',
        MailingAddress: { zip: '1000', town: 'Ljubljana' },
        LastModified: '2024-01-01T00:00:00Z',
      },
    ];
    const { fields, unmatched } = suggestFields(describeRecords(records), contact);
    expect(Object.fromEntries(fields.map(({ from, to, transforms }) => [from, [to, transforms]]))).toEqual({
      FirstName: ['name.first', ['trim']],
      surname: ['name.last', ['trim']],
      PrimaryEmail: ['email', ['email']],
      mobile: ['phone', [{ kind: 'phone' }]],
      'MailingAddress.zip': ['address.postalCode', ['trim']],
      'MailingAddress.town': ['address.city', ['trim']],
    });
    expect(unmatched).toEqual(['LastModified']);
  });

  it('brings the transforms that the kinds of value ask for', () => {
    const records = [{ title: 'x', total: '12.5', closeDate: '2024-01-01', currency_code: 'EUR' }];
    const { fields } = suggestFields(describeRecords(records), deal);
    expect(fields).toMatchObject([
      { to: 'amount', from: 'total', transforms: ['number'] },
      { to: 'closesAt', from: 'closeDate', transforms: ['instant'] },
    ]);
  });

  it('does not depend on the order of the fields', () => {
    const described = describeRecords([{ a: { phone: '1' }, b: { phone: '2' }, email: 'x@y.si', mail: 'x@y.si' }]);
    expect(suggestFields(described.toReversed(), contact).fields).toEqual(suggestFields(described, contact).fields);
  });
});
