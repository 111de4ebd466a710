import { describe, expect, it } from 'vitest';
import { findCountry } from '../../../../local/demo-crm/countries.ts';
import { type Dataset, timestampsAt } from '../../../../local/demo-crm/dataset.ts';
import { DUPLICATE_KINDS, findDuplicate } from '../../../../local/demo-crm/find-duplicate.ts';
import { generateRecord } from '../../../../local/demo-crm/generate-record.ts';
import { loadInstitutions } from '../../../../local/demo-crm/institutions.ts';
import { drawPersonName } from '../../../../local/demo-crm/person-names.ts';
import { drawFrom } from '../../../../local/demo-crm/random.ts';

const dataset: Dataset = {
  seed: 1,
  counts: { companies: 23_974, contacts: 20_000, deals: 5_000 },
  institutions: loadInstitutions(),
};
const indexes = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe('the demo data', () => {
  it('has all institutions, with their errors', () => {
    expect(dataset.institutions).toHaveLength(23_974);
    expect(dataset.institutions.filter(({ names }) => names.some((name) => name.includes('\0')))).toHaveLength(2);
    expect(dataset.institutions.filter(({ names }) => names.length === 0)).toHaveLength(26);
  });

  it('is the same for the same seed and another for another', () => {
    for (const type of ['companies', 'contacts', 'deals'] as const) {
      expect(generateRecord(dataset, type, 77)).toBe(generateRecord({ ...dataset }, type, 77));
      expect(generateRecord(dataset, type, 77)).not.toBe(generateRecord({ ...dataset, seed: 2 }, type, 77));
    }
  });

  it('gives further campuses domains of their own past the end of the list', () => {
    const records = [0, 23_974].map((index) => JSON.parse(generateRecord(dataset, 'companies', index)));
    expect(records[1].domain).toBe(`campus2.${records[0].domain}`);
  });

  it('enters about 4 % of the people twice, in every way there is, each time after the first', () => {
    const found = indexes(20_000).flatMap((index) => {
      const duplicate = findDuplicate(dataset, index);
      return duplicate === undefined ? [] : [{ index, ...duplicate }];
    });
    expect(found.length).toBeGreaterThan(700);
    expect(found.length).toBeLessThan(900);
    expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(DUPLICATE_KINDS));
    for (const { index, originalIndex, kind } of found) {
      expect(originalIndex).toBeLessThan(index);
      expect(findDuplicate(dataset, originalIndex)).toBeUndefined();
      const [first, second] = [originalIndex, index].map((at) => JSON.parse(generateRecord(dataset, 'contacts', at)));
      expect(second.companyId).toBe(first.companyId);
      // A name without diacritics is the same in Latin letters: an exact double, which happens too.
      if (kind !== 'latin-script') {
        expect({ ...second, ...ofTheStore }).not.toEqual({ ...first, ...ofTheStore });
      }
    }
  });

  it('refers to records that exist', () => {
    for (const index of indexes(500)) {
      const deal = JSON.parse(generateRecord(dataset, 'deals', index));
      expect(Number(deal.companyId.slice(4))).toBeLessThanOrEqual(23_974);
      expect(deal.contactId === null || Number(deal.contactId.slice(4)) <= 20_000).toBe(true);
    }
  });

  it('has ties of updatedAt longer than the longest page, and no record updated before its creation', () => {
    const times = indexes(20_000).map((index) => timestampsAt(dataset, 'contacts', index));
    const counts = Map.groupBy(times, ({ updatedAtMs }) => updatedAtMs);
    expect(Math.max(...[...counts.values()].map((tied) => tied.length))).toBeGreaterThan(2_000);
    expect(times.every(({ createdAtMs, updatedAtMs }) => updatedAtMs >= createdAtMs)).toBe(true);
  });

  it('knows names for every country', () => {
    for (const code of [
      'US',
      'DE',
      'NL',
      'FR',
      'ES',
      'BR',
      'IT',
      'PL',
      'CZ',
      'SE',
      'TR',
      'RU',
      'UA',
      'GR',
      'CN',
      'JP',
      'KR',
      'EG',
      'IL',
      'IN',
      'TH',
      'VN',
    ]) {
      const country = findCountry(code);
      expect(country, code).toBeDefined();
      const name = country && drawPersonName(drawFrom(1, 1, 1), country.locale);
      expect(name?.given.latin).toMatch(/^[a-z]+$/);
      expect(name?.family.latin).toMatch(/^[a-z]+$/);
    }
  });
});

const ofTheStore = { id: '', createdAt: '', updatedAt: '' };
