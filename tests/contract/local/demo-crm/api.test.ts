import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DemoCrm, startDemoCrm } from '../../../../local/demo-crm/server.ts';
import { type CrmClient, createCrmClient } from './crm-client.ts';

let crm: DemoCrm;
let client: CrmClient;

beforeAll(async () => {
  crm = await startDemoCrm({ companies: 1_500, contacts: 2_500, deals: 300 });
  client = createCrmClient(crm);
});
beforeEach(async () => {
  await client.send('POST', '/admin/reset');
});
afterAll(() => crm.close());

describe('signing in', () => {
  const statusWith = async (headers: Record<string, string>, query = ''): Promise<number> =>
    (await fetch(`${crm.url}/v1/me${query}`, { headers })).status;

  it.each([
    ['bearer', (key: string) => ({ authorization: `Bearer ${key}` })],
    ['basic', (key: string) => ({ authorization: `Basic ${Buffer.from(`anyone:${key}`).toString('base64')}` })],
    ['header', (key: string) => ({ 'x-api-key': key })],
  ])('takes the key as %s and refuses another', async (_, headersFor) => {
    expect(await statusWith(headersFor(crm.apiKey))).toBe(200);
    expect(await statusWith(headersFor(`${crm.apiKey}x`))).toBe(401);
  });

  it('takes the key in the query and keeps it out of the next URL', async () => {
    const response = await fetch(`${crm.url}/v1/deals?limit=1&api_key=${crm.apiKey}`);
    const { paging } = (await response.json()) as { paging: { nextUrl: string } };
    expect(response.status).toBe(200);
    expect(paging.nextUrl).not.toContain(crm.apiKey);
  });

  it('answers 401 with a problem, also on admin routes', async () => {
    for (const path of ['/v1/contacts', '/admin/stats']) {
      const response = await fetch(crm.url + path);
      expect(response.status).toBe(401);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
    }
  });
});

describe('paging', () => {
  it.each(['limit=1000', 'limit=700&modifiedSince=2019-01-01T00:00:00Z', 'limit=999&sort=updatedAt'])(
    'brings every record once by next URL: %s',
    async (query) => {
      const { records, pages } = await client.readAll(`/v1/contacts?${query}`);
      expect(new Set(records.map(({ id }) => id)).size).toBe(2_500);
      expect(records).toHaveLength(2_500);
      expect(pages).toBeGreaterThan(2);
    },
  );

  it('brings every record once by cursor alone, by offset, by page and by Link header', async () => {
    const ids = async (pathOf: (page: number, cursor: string | null) => string): Promise<string[]> => {
      const found: string[] = [];
      let cursor: string | null = null;
      for (let page = 0; ; page += 1) {
        const body = await client.list(pathOf(page, cursor));
        found.push(...body.data.map(({ id }) => id));
        cursor = body.paging.nextCursor;
        if (body.data.length < 1_000) {
          return found;
        }
      }
    };
    const all = await ids((page) => `/v1/contacts?limit=1000&offset=${page * 1_000}`);
    expect(new Set(all).size).toBe(2_500);
    expect(await ids((page) => `/v1/contacts?limit=1000&page=${page + 1}`)).toEqual(all);
    expect(await ids((_, cursor) => `/v1/contacts?limit=1000${cursor === null ? '' : `&cursor=${cursor}`}`)).toEqual(
      all,
    );
    const first = await client.send('GET', '/v1/contacts?limit=1000');
    expect(first.headers.get('link')).toMatch(new RegExp(`^<${crm.url}/v1/contacts\\?.*>; rel="next"$`));
  });

  it('stays on the origin that the client used', async () => {
    const onLocalhost = crm.url.replace('127.0.0.1', 'localhost');
    const response = await fetch(`${onLocalhost}/v1/contacts`, { headers: { 'x-api-key': crm.apiKey } });
    const { paging } = (await response.json()) as { paging: { nextUrl: string } };
    expect(new URL(paging.nextUrl).origin).toBe(onLocalhost);
  });

  it('loses and repeats nothing by cursor while records are inserted and deleted', async () => {
    const first = await client.list('/v1/deals?limit=100');
    await client.change({ type: 'deals', kind: 'create', count: 20 });
    const { ids: deleted } = await client.change({ type: 'deals', kind: 'delete', count: 20 });
    const rest = await client.readAll(first.paging.nextUrl ?? '');
    const seen = [...first.data, ...rest.records].map(({ id }) => id);
    expect(new Set(seen).size).toBe(seen.length);
    const firstIds = new Set(first.data.map(({ id }) => id));
    expect(seen).toHaveLength(320 - deleted.filter((id) => !firstIds.has(id)).length);
  });

  it('refuses a cursor that is none', async () => {
    const response = await client.send('GET', '/v1/deals?cursor=nonsense');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid-cursor' });
  });
});

describe('modifiedSince', () => {
  it('finds exactly the changed records, inclusive, with deletions on demand', async () => {
    const updated = await client.change({ type: 'contacts', kind: 'update', share: 0.01 });
    expect(updated.ids).toHaveLength(25);
    const since = `/v1/contacts?limit=10&modifiedSince=${updated.updatedAt}`;
    const found = await client.readAll(since);
    expect(found.records.map(({ id }) => id).sort()).toEqual([...updated.ids].sort());
    const removed = await client.change({ type: 'contacts', kind: 'delete', count: 3 });
    const stillThere = updated.ids.filter((id) => !removed.ids.includes(id));
    expect((await client.readAll(since)).records).toHaveLength(stillThere.length);
    const withDeleted = await client.readAll(`${since}&includeDeleted=true`);
    expect(withDeleted.records.filter(({ deleted }) => deleted === true).map(({ id }) => id)).toEqual(
      [...removed.ids].sort(),
    );
    expect((await client.list(`${since}&includeDeleted=true`)).paging.total).toBe(stillThere.length + 3);
  });
});

describe('one record', () => {
  it('answers with an ETag, 304, 412 and 404 as it should', async () => {
    const created = await client.send('POST', '/v1/contacts', { firstName: 'Ünal', address: { city: 'Bern' }, own: 7 });
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };
    const etag = created.headers.get('etag') ?? '';
    const path = `/v1/contacts/${id}`;
    expect((await client.send('GET', path, undefined, { 'if-none-match': etag })).status).toBe(304);
    const patched = await client.send('PATCH', path, { address: { street: 'Aarweg 1' } }, { 'if-match': etag });
    expect(await patched.json()).toMatchObject({ version: 2, own: 7, address: { city: 'Bern', street: 'Aarweg 1' } });
    expect((await client.send('GET', path, undefined, { 'if-none-match': etag })).status).toBe(200);
    expect((await client.send('PATCH', path, { firstName: 'U' }, { 'if-match': etag })).status).toBe(412);
    expect((await client.send('DELETE', path, undefined, { 'if-match': etag })).status).toBe(412);
    expect((await client.send('DELETE', path)).status).toBe(204);
    expect((await client.send('GET', path)).status).toBe(404);
    expect((await client.send('PATCH', path, {})).status).toBe(404);
  });

  it.each([
    [{ id: 'con_1' }, 'read-only-field', 'id'],
    [{ emails: 'a@b.c' }, 'invalid-record', 'emails'],
    [{ emails: [{ address: 5 }] }, 'invalid-record', 'emails.0.address'],
    [[], 'invalid-record', 'body'],
  ])('refuses %j and names the field', async (body, code, field) => {
    const response = await client.send('POST', '/v1/contacts', body);
    expect(response.status).toBe(422);
    const problem = (await response.json()) as { code: string; detail: string };
    expect(problem.code).toBe(code);
    expect(problem.detail).toContain(field);
  });

  it('refuses a body that is no JSON, or too long', async () => {
    const post = (body: string) =>
      fetch(`${crm.url}/v1/contacts`, {
        method: 'POST',
        body,
        headers: { 'x-api-key': crm.apiKey, 'content-type': 'application/json' },
      });
    expect((await post('{')).status).toBe(400);
    expect((await post(JSON.stringify({ note: 'x'.repeat(2_000_000) }))).status).toBe(413);
  });

  it('keeps hostile field names as data', async () => {
    const response = await fetch(`${crm.url}/v1/deals`, {
      method: 'POST',
      body: '{"__proto__":{"polluted":true},"name":"x"}',
      headers: { 'x-api-key': crm.apiKey, 'content-type': 'application/json' },
    });
    const { id } = (await response.json()) as { id: string };
    await client.send('PATCH', `/v1/deals/${id}`, JSON.parse('{"__proto__":{"more":1}}'));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['more']).toBeUndefined();
  });
});

describe('reset and statistics', () => {
  it('counts requests and records, and goes back to the seed', async () => {
    await client.change({ type: 'deals', kind: 'delete', count: 50 });
    await client.list('/v1/deals?limit=60');
    const stats = await client.stats();
    expect(stats.requests['GET /v1/deals']).toBe(1);
    expect(stats.recordsServed['GET /v1/deals']).toBe(60);
    expect(stats.records.deals).toBe(250);
    await client.send('POST', '/admin/reset');
    expect(await client.stats()).toMatchObject({ requests: {}, records: { deals: 300 } });
  });

  it('names what it does not know', async () => {
    expect((await client.send('GET', '/v1/invoices')).status).toBe(404);
    expect((await client.send('GET', '/admin/nothing')).status).toBe(404);
    expect((await client.send('PUT', '/v1/contacts')).status).toBe(405);
  });
});
