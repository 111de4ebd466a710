import type { AdapterCase } from './contract-suite.ts';
import type { Handler } from './fixture-server.ts';
import { createWritableCrm } from './writable-crm.ts';

const crmKey = 'crm key/with+signs';

/** Seven companies in order of id; every second one modified in June 2024. */
const companies = Array.from({ length: 7 }, (_, index) => ({
  id: index + 1,
  properties: { name: `Company ${index + 1}`, city: index % 3 === 0 ? null : 'Łódź' },
  updatedAt: index % 2 === 0 ? '2024-01-15T08:00:00Z' : '2024-06-15T10:00:00.123+02:00',
}));

/** A small CRM paged by cursor, the way HubSpot and its kin answer. */
const crm: Handler = ({ url, headers }) => {
  if (headers['x-api-key'] !== crmKey)
    return { status: 401, json: { message: `the key ${headers['x-api-key']} is wrong` } };
  if (url.pathname === '/v1/me') return { json: { account: 'demo' } };
  if (url.pathname !== '/v1/companies') return { status: 404, json: {} };
  const since = url.searchParams.get('updatedSince');
  const matching = companies.filter(({ updatedAt }) => since === null || Date.parse(updatedAt) >= Date.parse(since));
  const start = Number(url.searchParams.get('after') ?? 0);
  const end = start + Number(url.searchParams.get('limit'));
  const paging = end < matching.length ? { paging: { next: { after: String(end) } } } : {};
  return { json: { results: matching.slice(start, end), ...paging } };
};

export const customRestCase: AdapterCase = {
  settings: (origin) => ({
    baseUrl: `${origin}/v1`,
    auth: { kind: 'header', name: 'X-Api-Key' },
    testPath: '/me',
    objects: {
      companies: {
        path: '/companies',
        itemsPath: 'results',
        idField: 'id',
        modifiedField: 'updatedAt',
        incremental: { param: 'updatedSince', format: 'iso' },
        paging: { kind: 'cursor', cursorParam: 'after', cursorPath: 'paging.next.after', sizeParam: 'limit' },
        record: { path: '/companies/{id}' },
        revision: { field: 'revision' },
        writes: {
          create: { path: '/companies', idempotencyHeader: 'Idempotency-Key' },
          update: { path: '/companies/{id}' },
          delete: { path: '/companies/{id}' },
          condition: 'if-match',
          lookup: { param: 'name', field: 'properties.name' },
        },
      },
    },
  }),
  credential: { kind: 'api-key', key: crmKey },
  provider: crm,
  object: 'companies',
  ids: ['1', '2', '3', '4', '5', '6', '7'],
  pageSize: 2,
  writes: {
    provider: () => createWritableCrm(crmKey),
    record: { properties: { name: 'Ünal & Co', city: 'Łódź' } },
    patch: { properties: { city: null } },
    refused: { properties: { name: 7 } },
  },
  since: { instant: '2024-06-15T08:00:00.123Z', ids: ['2', '4', '6'] },
};
