import { beforeAll, expect, it } from 'vitest';
import { pollUntil } from '../kit/poll-until.ts';
import { sampleId } from '../kit/sample-documents.ts';
import { named } from '../kit/webhooks/signed-requests.ts';
import { type App, createTenant, type Tenant } from './start-app.ts';
import { openSender, type WebhookSender } from './webhook-sender.ts';

/** The history of webhook deliveries, and what people do with it. */
export function deliveriesSuite(app: () => App): void {
  let tenant: Tenant;
  let sender: WebhookSender;
  let deliveryId: string;

  const ended = (count: number, query: Record<string, string | number> = {}) =>
    pollUntil(`The end of ${count} deliveries`, async () => {
      const { items } = await tenant.admin.call('listDeliveries', { query: { limit: 50, ...query } });
      const open = items.filter(({ state }) => ['received', 'processing', 'failed'].includes(String(state)));
      return items.length === count && open.length === 0 ? items : undefined;
    });

  beforeAll(async () => {
    tenant = await createTenant(app());
    sender = await openSender(app(), tenant, named('GitHub'));
    expect((await sender.send({ body: '{"zen":"Speak like a human."}' })).status).toBe(202);
    const [delivery] = await ended(1);
    deliveryId = String(delivery?.['id']);
  });

  it('shows one delivery with body, verification, tries and reason, and its proof masked', async () => {
    const { json, raw } = await tenant.admin.call('getDelivery', { params: { deliveryId } });
    expect(json).toMatchObject({
      id: deliveryId,
      integrationId: tenant.integrationId,
      state: 'ignored',
      reason: 'The settings say nothing of webhooks.',
      body: { encoding: 'utf-8', content: '{"zen":"Speak like a human."}' },
      verification: { kind: 'github', secret: 'current' },
      history: [{ number: 1, outcome: 'ignored' }],
    });
    expect(raw).not.toMatch(/sha256=[0-9a-f]{64}/);
  });

  it('finds deliveries by each filter', async () => {
    const found = async (query: Record<string, string>) =>
      (await tenant.admin.call('listDeliveries', { query })).items.map(({ id }) => id);
    const { json } = await tenant.admin.call('getDelivery', { params: { deliveryId } });
    const receivedAt = String(json['receivedAt']);
    for (const query of [
      { integrationId: tenant.integrationId },
      { state: 'ignored' },
      { text: 'like a HUMAN' },
      { from: receivedAt },
    ] as Record<string, string>[]) {
      expect([query, await found(query)]).toEqual([query, [deliveryId]]);
    }
    for (const query of [
      { integrationId: sampleId('integration') },
      { state: 'dead' },
      { text: 'like a robot' },
      { to: receivedAt },
      { record: 'people/1' },
      { eventId: 'nobody' },
    ] as Record<string, string>[]) {
      expect([query, await found(query)]).toEqual([query, []]);
    }
  });

  it('replays one, and redrives it', async () => {
    const params = { deliveryId };
    const replay = await tenant.admin.call('replayDelivery', { params });
    expect(replay.json).toMatchObject({ action: 'replay', state: 'running', progress: { total: 1 } });
    const [copy] = await ended(2);
    expect(copy).toMatchObject({ replayOf: deliveryId, state: 'ignored' });
    const replayId = replay.text('id');
    expect((await tenant.admin.call('getReplay', { params: { replayId } })).json).toMatchObject({
      state: 'done',
      progress: { seen: 1, done: 1, skipped: 0 },
    });
    expect((await tenant.admin.send('cancelReplay', { params: { replayId } })).problem.code).toBe('wrong-state');
    const { items } = await tenant.admin.call('listReplays', { query: { state: 'done' } });
    expect(items).toMatchObject([{ id: replayId, selection: { deliveries: 1 } }]);
    const others = { state: 'running', integrationId: tenant.integrationId };
    expect((await tenant.admin.call('listReplays', { query: others })).items).toEqual([]);
    await tenant.admin.call('redriveDelivery', { params });
    await pollUntil('The second try', async () => {
      const { json } = await tenant.admin.call('getDelivery', { params });
      return json['attempts'] === 2 && json['state'] === 'ignored' ? json : undefined;
    });
  });

  it('replays a span of time once for one key', async () => {
    const body = { from: '2020-01-01T00:00:00Z', to: new Date(Date.now() + 60_000).toISOString() };
    const start = () => tenant.admin.send('createReplay', { body, headers: { 'idempotency-key': 'the same span' } });
    const [first, second] = [await start(), await start()];
    expect([first.status, second.status, second.text('id')]).toEqual([202, 202, first.text('id')]);
    await ended(4);
    const stopped = await tenant.admin.send('cancelReplay', { params: { replayId: first.text('id') } });
    expect(stopped.status).toBe(409);
  });

  it('names what is wrong with a selection', async () => {
    for (const body of [{}, { deliveryIds: [] }, { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }]) {
      const { status, problem } = await tenant.admin.send('createReplay', { body });
      expect([status, problem.code, problem.errors?.length]).toEqual([400, 'invalid-request', expect.any(Number)]);
    }
  });

  it('shows nothing of it to another tenant, and lets a viewer change nothing', async () => {
    const other = await app().signedIn('somebody-else');
    expect((await other.call('listDeliveries')).items).toEqual([]);
    for (const id of ['getDelivery', 'replayDelivery', 'redriveDelivery']) {
      expect([id, (await other.send(id, { params: { deliveryId } })).status]).toEqual([id, 404]);
    }
    const replayId = (await tenant.admin.call('replayDelivery', { params: { deliveryId } })).text('id');
    for (const id of ['getReplay', 'cancelReplay']) {
      expect([id, (await other.send(id, { params: { replayId } })).status]).toEqual([id, 404]);
    }
    const viewer = await app().signedIn(tenant.tenantId, 'viewer');
    expect((await viewer.send('getDelivery', { params: { deliveryId } })).status).toBe(200);
    for (const id of ['replayDelivery', 'redriveDelivery']) {
      expect([id, (await viewer.send(id, { params: { deliveryId } })).status]).toEqual([id, 403]);
    }
  });
}
