import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DemoCrm, startDemoCrm } from '../../../../local/demo-crm/server.ts';
import { type CrmClient, createCrmClient } from './crm-client.ts';

let crm: DemoCrm;
let client: CrmClient;

beforeAll(async () => {
  crm = await startDemoCrm({ companies: 0, contacts: 20, deals: 0 });
  client = createCrmClient(crm);
});
beforeEach(async () => {
  await client.send('POST', '/admin/reset');
});
afterAll(() => crm.close());

const first = '/v1/contacts/con_00000001';
const readJson = async (response: Response): Promise<Record<string, unknown>> =>
  (await response.json()) as Record<string, unknown>;
const get = async (path: string): Promise<Record<string, unknown>> => readJson(await client.send('GET', path));
const behave = async (behaviour: object): Promise<void> => {
  expect((await client.send('PUT', '/admin/behaviour', behaviour)).status).toBe(200);
};
const totals = async (): Promise<unknown> => (await get('/admin/writes'))['totals'];

describe('creating with an idempotency key', () => {
  const create = (key: string, record: object) =>
    client.send('POST', '/v1/contacts', record, { 'idempotency-key': key });

  it('makes one record however often it is sent, and refuses the key for another', async () => {
    const made = await readJson(await create('key-1', { firstName: 'Ada' }));
    await client.send('PATCH', `/v1/contacts/${made['id']}`, { firstName: 'Grace' });
    const again = await create('key-1', { firstName: 'Ada' });
    expect(again.status).toBe(201);
    expect(await readJson(again)).toEqual(made);
    expect(again.headers.get('etag')).toBe('"1"');
    expect((await create('key-1', { firstName: 'Eve' })).status).toBe(422);
    expect((await client.stats()).records['contacts']).toBe(21);
    expect(await totals()).toEqual({ created: 1, updated: 1, unchanged: 0, deleted: 0 });
  });

  it('makes another where the CRM knows no such keys', async () => {
    await behave({ idempotencyKeys: false });
    await create('key-1', { firstName: 'Ada' });
    await create('key-1', { firstName: 'Ada' });
    expect((await client.stats()).records['contacts']).toBe(22);
  });
});

describe('conditions', () => {
  it('leaves a record alone that was modified since', async () => {
    const updatedAt = Date.parse(String((await get(first))['updatedAt']));
    const since = (ms: number) => ({ 'if-unmodified-since': new Date(ms).toUTCString() });
    expect((await client.send('PATCH', first, { jobTitle: 'a' }, since(updatedAt - 1_000))).status).toBe(412);
    expect((await client.send('PATCH', first, { jobTitle: 'b' }, since(updatedAt))).status).toBe(200);
    expect((await client.send('DELETE', first, undefined, since(updatedAt))).status).toBe(412);
  });

  it('keeps a field unique', async () => {
    await behave({ uniqueField: 'externalRef' });
    const { id } = await readJson(await client.send('POST', '/v1/contacts', { externalRef: 'r-1' }));
    const second = await client.send('POST', '/v1/contacts', { externalRef: 'r-1' });
    expect(second.status).toBe(409);
    expect(await readJson(second)).toMatchObject({ code: 'not-unique', existingId: id });
    expect((await client.send('PATCH', `/v1/contacts/${id}`, { externalRef: 'r-1' })).status).toBe(200);
    expect((await client.send('PATCH', first, { externalRef: 'r-1' })).status).toBe(409);
  });
});

describe('looking up', () => {
  it('finds the live records that have a value at a path, over pages', async () => {
    const ids: unknown[] = [];
    for (const city of ['Bern', 'Basel', 'Bern', 'Bern']) {
      ids.push((await readJson(await client.send('POST', '/v1/contacts', { address: { city } })))['id']);
    }
    await client.send('DELETE', `/v1/contacts/${ids[2]}`);
    const { records, pages } = await client.readAll(
      '/v1/contacts?limit=1&includeDeleted=true&filter.address.city=Bern',
    );
    expect(records.map(({ id }) => id)).toEqual([ids[0], ids[3]]);
    expect(pages).toBe(2);
    expect((await client.list('/v1/contacts?filter.address.city=Bern')).paging.total).toBe(2);
  });
});

describe('batches', () => {
  const batch = (items: readonly object[]) => client.send('POST', '/v1/contacts/batch', { items });

  it('writes each item on its own and answers 207', async () => {
    await client.send('DELETE', '/v1/contacts/con_00000002');
    const response = await batch([
      { method: 'create', record: { firstName: 'Ada' }, idempotencyKey: 'b-1' },
      { method: 'update', id: 'con_00000002', record: { firstName: 'Nobody' } },
      { method: 'update', id: 'con_00000001', record: { firstName: 'Late' }, ifMatch: '"7"' },
      { method: 'update', id: 'con_00000003', record: { tags: 'none' } },
      { method: 'update', id: 'con_00000003', record: { firstName: 'Grace' }, ifMatch: '"1"' },
      { method: 'delete', id: 'con_00000004' },
    ]);
    expect(response.status).toBe(207);
    expect((await readJson(response))['results']).toEqual([
      expect.objectContaining({ status: 201, etag: '"1"', record: expect.objectContaining({ firstName: 'Ada' }) }),
      { status: 404, error: expect.objectContaining({ code: 'not-found' }) },
      { status: 412, error: expect.objectContaining({ code: 'version-conflict' }) },
      { status: 422, error: expect.objectContaining({ errors: [expect.objectContaining({ field: 'tags' })] }) },
      expect.objectContaining({ status: 200, id: 'con_00000003', etag: '"2"' }),
      { status: 204, id: 'con_00000004' },
    ]);
  });

  it('may write only the first items and break off, or fail at some', async () => {
    const items = ['a', 'b', 'c'].map((jobTitle, index) => ({
      method: 'update',
      id: `con_0000000${index + 1}`,
      record: { jobTitle },
    }));
    await client.setFaults({ kind: 'partial-batch', applied: 2, times: 1 });
    await expect(batch(items)).rejects.toThrow();
    expect(await totals()).toMatchObject({ updated: 2 });
    await client.setFaults({ kind: 'fails-items', items: [1], status: 429, times: 1 });
    const { results } = (await readJson(await batch(items))) as { results: { status: number }[] };
    expect(results.map(({ status }) => status)).toEqual([200, 429, 200]);
    expect(await totals()).toEqual({ created: 0, updated: 3, unchanged: 1, deleted: 0 });
  });

  it.each([{ items: [] }, { items: [{ method: 'upsert' }] }, {}])('refuses %j', async (body) => {
    expect((await client.send('POST', '/v1/contacts/batch', body)).status).toBe(400);
  });
});

describe('quirks', () => {
  it('act on what is written, and on nothing else', async () => {
    const before = await get(first);
    await behave({ quirks: ['trims-texts', 'normalises-phones', 'drops-milliseconds', 'lower-cases-emails'] });
    const record = await readJson(
      await client.send('PATCH', first, {
        jobTitle: '  Dean ',
        phone: ' +41 (0)31 123-45.67',
        emails: [{ address: ' Ada@Example.ORG ', kind: 'Work' }],
        address: { city: ' Bern ' },
        metAt: '2026-03-01T10:00:00.123Z',
        note: 'Ada@Example.ORG',
      }),
    );
    expect(record).toMatchObject({
      jobTitle: 'Dean',
      phone: '+410311234567',
      emails: [{ address: 'ada@example.org', kind: 'Work' }],
      address: { city: 'Bern' },
      metAt: '2026-03-01T10:00:00Z',
      note: 'Ada@Example.ORG',
      firstName: before['firstName'],
    });
    expect(String(record['updatedAt'])).toMatch(/\.000Z$/);
  });

  it('are none after a reset', async () => {
    await behave({ quirks: ['trims-texts'] });
    await client.send('POST', '/admin/reset');
    expect(await readJson(await client.send('PATCH', first, { jobTitle: ' Dean ' }))).toMatchObject({
      jobTitle: ' Dean ',
    });
  });
});

describe('faults of writes', () => {
  const patch = () => client.send('PATCH', first, { jobTitle: 'Dean' });

  it.each(['disconnect', 'disconnect-after-commit'])('%s: no answer', async (kind) => {
    await client.setFaults({ kind, times: 1 });
    await expect(patch()).rejects.toThrow();
    expect(await totals()).toMatchObject({ updated: kind === 'disconnect' ? 0 : 1 });
  });

  it.each(['hang', 'hang-after-commit'])('%s: the connection stays open', async (kind) => {
    await client.setFaults({ kind, times: 1 });
    const controller = new AbortController();
    const answer = fetch(crm.url + first, {
      method: 'PATCH',
      headers: { 'x-api-key': crm.apiKey, 'content-type': 'application/json' },
      body: '{"jobTitle":"Dean"}',
      signal: controller.signal,
    });
    const outcome = answer.then(
      () => 'answered',
      () => 'aborted',
    );
    await expect.poll(async () => (await client.stats()).statuses).toEqual({ none: 1 });
    controller.abort();
    expect(await outcome).toBe('aborted');
    expect(await totals()).toMatchObject({ updated: kind === 'hang' ? 0 : 1 });
  });

  it('error and error-after-commit: a status, before or after', async () => {
    await client.setFaults({ kind: 'error', status: 503, times: 1 });
    expect((await patch()).status).toBe(503);
    expect(await totals()).toMatchObject({ updated: 0 });
    await client.setFaults({ kind: 'error-after-commit', status: 502, times: 1 });
    expect((await patch()).status).toBe(502);
    expect(await totals()).toMatchObject({ updated: 1 });
  });

  it('moves-on: somebody else was faster', async () => {
    await client.setFaults({ kind: 'moves-on', patch: { language: 'rm' }, times: 1 });
    expect((await client.send('PATCH', first, { jobTitle: 'Dean' }, { 'if-match': '"1"' })).status).toBe(412);
    expect(await get(first)).toMatchObject({ language: 'rm', version: 2 });
    expect(await totals()).toMatchObject({ updated: 0 });
  });

  it('rejects-field: a 422 that names it', async () => {
    await client.setFaults({ kind: 'rejects-field', field: 'address.city', message: 'is not a city' });
    const refused = await client.send('PATCH', first, { address: { city: 'x' } });
    expect(refused.status).toBe(422);
    expect(await readJson(refused)).toMatchObject({ errors: [{ field: 'address.city', message: 'is not a city' }] });
    expect((await patch()).status).toBe(200);
  });
});

describe('edits by people', () => {
  it('are exact, act like others, and do not count', async () => {
    await client.setFaults({ kind: 'error' });
    await behave({ quirks: ['trims-texts'] });
    const edited = await client.send('POST', '/admin/edit', [
      { kind: 'create', type: 'contacts', record: { firstName: ' Ada ' } },
      { kind: 'update', type: 'contacts', id: 'con_00000001', patch: { jobTitle: null } },
      { kind: 'delete', type: 'contacts', id: 'con_00000002' },
    ]);
    expect(await readJson(edited)).toEqual({
      results: [
        { id: 'con_00000021', record: expect.objectContaining({ firstName: 'Ada' }) },
        { id: 'con_00000001', record: expect.objectContaining({ jobTitle: null, version: 2 }) },
        { id: 'con_00000002' },
      ],
    });
    expect(await get('/admin/writes')).toEqual({
      totals: { created: 0, updated: 0, unchanged: 0, deleted: 0 },
      records: [],
    });
    const missing = { kind: 'delete', type: 'contacts', id: 'con_00000002' };
    expect((await client.send('POST', '/admin/edit', missing)).status).toBe(404);
  });
});
