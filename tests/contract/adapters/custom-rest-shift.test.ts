import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { customRest } from '../../../adapters/custom-rest/adapter.ts';
import { customRestSettings } from '../../../adapters/custom-rest/settings.ts';
import { createOpenCall } from '../../../adapters/kit/open-call.ts';
import { type DemoCrm, startDemoCrm } from '../../../local/demo-crm/server.ts';

const contacts = 60;
let crm: DemoCrm;
const openCall = createOpenCall({ allowPrivateAddresses: true, timeoutMs: 5_000 });
beforeAll(async () => {
  crm = await startDemoCrm({ companies: 10, contacts, deals: 5 });
});
beforeEach(async () => {
  await ask('POST', '/admin/reset');
});
afterAll(async () => {
  await openCall.close();
  await crm.close();
});

async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${crm.url}${path}`, {
    method,
    headers: { 'x-api-key': crm.apiKey, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the CRM answered ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function listIds(): Promise<string[]> {
  const { data } = (await ask('GET', '/v1/contacts?limit=1000')) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

/** Reads all contacts; `between` happens after each page, told which ids came so far. */
async function readAll(
  paging: Record<string, unknown>,
  between: (ids: readonly string[]) => Promise<void>,
  since?: string,
): Promise<string[]> {
  const call = openCall({
    adapter: customRest,
    settings: customRestSettings.parse({
      baseUrl: `${crm.url}/v1`,
      auth: { kind: 'bearer' },
      testPath: '/me',
      objects: {
        contacts: {
          path: '/contacts',
          itemsPath: 'data',
          idField: 'id',
          modifiedField: 'updatedAt',
          incremental: { param: 'modifiedSince', format: 'iso' },
          paging,
        },
      },
    }),
    credential: { kind: 'api-key', key: crm.apiKey },
  });
  const ids: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 100; pages += 1) {
    const page = await customRest.pull?.(call, { object: 'contacts', pageSize: 10, cursor, since });
    if (page === undefined) throw new Error('custom-rest must pull');
    ids.push(...page.changes.map(({ externalId }) => externalId));
    if (page.done) return ids;
    cursor = page.next;
    await between(ids);
  }
  throw new Error('the read does not end');
}

const pagings = [
  { kind: 'page', pageParam: 'page', sizeParam: 'limit' },
  { kind: 'page', pageParam: 'page', sizeParam: 'limit', totalPath: 'paging.total' },
  { kind: 'offset', offsetParam: 'offset', limitParam: 'limit' },
  { kind: 'offset', offsetParam: 'offset', limitParam: 'limit', totalPath: 'paging.total' },
];

/** Does something to records that were read already, a few after each of the first pages. */
function disturb(method: string, body?: unknown): (ids: readonly string[]) => Promise<void> {
  const touched = new Set<string>();
  return async (ids) => {
    if (touched.size >= 15) return;
    for (const id of [...new Set(ids)].filter((each) => !touched.has(each)).slice(0, 5)) {
      touched.add(id);
      await ask(method, `/v1/contacts/${encodeURIComponent(id)}`, body);
    }
  };
}

describe.each(pagings)('a list that shifts while it is read, by $kind with total $totalPath', (paging) => {
  test('no contact that stays is missed while others are deleted', async () => {
    const ids = await readAll(paging, disturb('DELETE'));
    const left = await listIds();
    expect(left).toHaveLength(contacts - 15);
    expect(left.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test('nor in an incremental read, where modified contacts move to the end', async () => {
    const ids = await readAll(paging, disturb('PATCH', { jobTitle: 'Moved' }), '2000-01-01T00:00:00Z');
    expect((await listIds()).filter((id) => !ids.includes(id))).toEqual([]);
  });

  test('on a list that is called stable they are not looked for', async () => {
    const ids = await readAll({ ...paging, stable: true }, disturb('DELETE'));
    expect((await listIds()).filter((id) => !ids.includes(id))).not.toEqual([]);
  });
});
