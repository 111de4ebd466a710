import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DemoCrm, startDemoCrm } from '../../../../local/demo-crm/server.ts';
import { type CrmClient, createCrmClient } from './crm-client.ts';

let crm: DemoCrm;
let client: CrmClient;

beforeAll(async () => {
  crm = await startDemoCrm({ companies: 300, contacts: 1_200, deals: 100 });
  client = createCrmClient(crm);
});
beforeEach(async () => {
  await client.send('POST', '/admin/reset');
});
afterAll(() => crm.close());

const PATIENTLY = { timeout: 40_000 };

/** A request for contacts that waits as long as it takes. */
const startPatientRequest = () => {
  const controller = new AbortController();
  let isSettled = false;
  const outcome = fetch(`${crm.url}/v1/contacts`, {
    headers: { 'x-api-key': crm.apiKey },
    signal: controller.signal,
  }).then(
    () => {
      isSettled = true;
      return 'answered';
    },
    () => {
      isSettled = true;
      return controller.signal.aborted ? 'aborted' : 'failed';
    },
  );
  return {
    outcome,
    giveUp: () => controller.abort(),
    isUnanswered: () => !isSettled,
  };
};

const statusOf = async (path: string): Promise<number> => (await client.send('GET', path)).status;

describe('fault switches', () => {
  it('strikes as often as told, where told, after as many requests as told', async () => {
    await client.setFaults({ kind: 'error', status: 503, times: 2, match: { type: 'contacts', afterRequests: 1 } });
    expect(await statusOf('/v1/deals')).toBe(200);
    const statuses: number[] = [];
    for (let request = 0; request < 4; request += 1) {
      statuses.push(await statusOf('/v1/contacts'));
    }
    expect(statuses).toEqual([200, 503, 503, 200]);
    const shown = (await (await client.send('GET', '/admin/faults')).json()) as { faults: unknown[] };
    expect(shown.faults).toEqual([expect.objectContaining({ seen: 4, struck: 2 })]);
    expect((await client.stats()).statuses).toEqual({ 200: 3, 503: 2 });
  });

  it('strikes with the probability given, the same way each time', async () => {
    const outcomes = async (): Promise<number[]> => {
      await client.setFaults([{ kind: 'error', probability: 0.5 }]);
      const statuses: number[] = [];
      for (let request = 0; request < 30; request += 1) {
        statuses.push(await statusOf('/v1/deals/deal_00000001'));
      }
      return statuses;
    };
    const first = await outcomes();
    expect(new Set(first)).toEqual(new Set([200, 500]));
    expect(await outcomes()).toEqual(first);
  });

  it.each([
    ['seconds', /^7$/],
    ['date', /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/],
    ['none', undefined],
  ])('answers 429 with Retry-After as %s', async (retryAfter, form) => {
    await client.setFaults({ faults: [{ kind: 'rate-limit', retryAfter, seconds: 7, times: 1 }] });
    const response = await client.send('GET', '/v1/contacts');
    expect(response.status).toBe(429);
    const header = response.headers.get('retry-after');
    expect(form === undefined ? header === null : form.test(header ?? '')).toBe(true);
    expect(await statusOf('/v1/contacts')).toBe(200);
  });

  it('breaks the body, the connection, the JSON or the content type', async () => {
    await client.setFaults({ kind: 'truncated-body', times: 1 });
    await expect(client.list('/v1/contacts')).rejects.toThrow();
    await client.setFaults({ kind: 'disconnect', times: 1 });
    await expect(client.send('GET', '/v1/contacts')).rejects.toThrow();
    await client.setFaults({ kind: 'broken-json', times: 1 });
    await expect(client.list('/v1/contacts')).rejects.toThrow(SyntaxError);
    await client.setFaults({ kind: 'wrong-content-type', times: 1 });
    expect((await client.send('GET', '/v1/contacts')).headers.get('content-type')).toBe('text/html');
    expect((await client.list('/v1/contacts')).data).toHaveLength(100);
  });

  it('hangs until the client gives up', async () => {
    await client.setFaults({ kind: 'hang', times: 1 });
    const { giveUp, isUnanswered, outcome } = startPatientRequest();
    await expect.poll(async () => (await client.stats()).statuses, PATIENTLY).toEqual({ none: 1 });
    expect(isUnanswered()).toBe(true);
    giveUp();
    expect(await outcome).toBe('aborted');
  });

  it('is slow, to those whom it should be slow to', async () => {
    await client.setFaults({ kind: 'slow', ms: 600_000, match: { type: 'contacts' } });
    const { giveUp, isUnanswered, outcome } = startPatientRequest();
    const struck = async (): Promise<number | undefined> => {
      const shown = (await (await client.send('GET', '/admin/faults')).json()) as { faults: { struck: number }[] };
      return shown.faults[0]?.struck;
    };
    await expect.poll(struck, PATIENTLY).toBe(1);
    expect(await statusOf('/v1/deals')).toBe(200);
    expect(isUnanswered()).toBe(true);
    giveUp();
    expect(await outcome).toBe('aborted');
    await client.setFaults({ kind: 'slow', ms: 20 });
    expect(await statusOf('/v1/contacts')).toBe(200);
  });

  it('expires cursors, but not requests without one', async () => {
    const { paging } = await client.list('/v1/contacts?limit=10');
    await client.setFaults({ kind: 'expired-cursor' });
    const response = await client.send('GET', `/v1/contacts?cursor=${paging.nextCursor}`);
    expect(response.status).toBe(410);
    expect(await response.json()).toMatchObject({ code: 'cursor-expired' });
    expect(await statusOf('/v1/contacts')).toBe(200);
  });

  it('shows equal timestamps, with every record still once and "since" all or nothing', async () => {
    const at = '2026-07-01T00:00:00.000Z';
    await client.setFaults({ kind: 'equal-timestamps', at });
    const all = await client.readAll(`/v1/contacts?limit=500&modifiedSince=${at}`);
    expect(new Set(all.records.map(({ id }) => id)).size).toBe(1_200);
    expect(new Set(all.records.map(({ updatedAt }) => updatedAt))).toEqual(new Set([at]));
    expect((await client.list('/v1/contacts?modifiedSince=2026-07-01T00:00:00.001Z')).data).toEqual([]);
  });

  it('puts an empty page in the middle without losing a record', async () => {
    await client.setFaults({ kind: 'empty-page', times: 1, match: { afterRequests: 1 } });
    const { records, pages } = await client.readAll('/v1/contacts?limit=400&sort=updatedAt');
    expect(new Set(records.map(({ id }) => id)).size).toBe(1_200);
    expect(pages).toBe(4);
  });

  it('repeats a cursor', async () => {
    const { paging } = await client.list('/v1/contacts?limit=10');
    await client.setFaults({ kind: 'repeated-cursor' });
    const next = await client.list(`/v1/contacts?limit=10&cursor=${paging.nextCursor}`);
    expect(next.paging.nextCursor).toBe(paging.nextCursor);
  });

  it('shows late rows later than the time they carry', async () => {
    await client.setFaults({ kind: 'late-rows', delayMs: 2_500, times: 1 });
    const late = await client.change({ type: 'deals', kind: 'create', count: 2 });
    const punctual = await client.change({ type: 'deals', kind: 'create', count: 1 });
    const since = `/v1/deals?modifiedSince=${late.updatedAt}`;
    expect((await client.list(since)).data.map(({ id }) => id)).toEqual(punctual.ids);
    await expect
      .poll(async () => (await client.list(since)).data.map(({ id }) => id), PATIENTLY)
      .toEqual([...late.ids, ...punctual.ids]);
    const [first] = (await client.list(since)).data;
    expect(first?.updatedAt).toBe(late.updatedAt);
    expect(Date.parse(late.visibleAt)).toBeGreaterThan(Date.parse(late.updatedAt));
  });

  it('limits the rate by a sliding window', async () => {
    await client.send('PUT', '/admin/rate-limit', { requests: 2, windowMs: 60_000, retryAfter: 'date' });
    expect([await statusOf('/v1/deals'), await statusOf('/v1/deals'), await statusOf('/v1/deals')]).toEqual([
      200, 200, 429,
    ]);
    const refused = await client.send('GET', '/v1/deals');
    expect(Date.parse(refused.headers.get('retry-after') ?? '')).toBeGreaterThan(Date.now());
    await client.send('DELETE', '/admin/rate-limit');
    expect(await statusOf('/v1/deals')).toBe(200);
  });

  it.each([{ kind: 'nonsense' }, { kind: 'slow' }, { kind: 'hang', colour: 'red' }, { kind: 'error', status: 200 }])(
    'refuses the fault %j',
    async (fault) => {
      expect((await client.send('PUT', '/admin/faults', fault)).status).toBe(400);
    },
  );
});
