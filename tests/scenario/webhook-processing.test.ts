import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { demoSettings } from '../../local/start/demo-task.ts';
import { getDelivery, listDeliveries } from '../../shared/contracts/deliveries.ts';
import { openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const secret = "It's a Secret to Everybody";
const withId = z.object({ id: z.string() });

let room: RunningTwin;
beforeAll(async () => {
  room = await runTwin();
});
afterAll(async () => {
  await room?.close();
});

/** Takes webhooks as GitHub signs them; returns who sends one. */
async function openWebhooks(tenant: TenantOnTwin, integrationId: string) {
  const body = { verification: { kind: 'github' }, secret };
  await tenant.client.call('PUT', `tenant/integrations/${integrationId}/webhook`, z.unknown(), body);
  return async (payload: unknown): Promise<number> => {
    const text = JSON.stringify(payload);
    const answer = await fetch(`${room.twin.api()}/webhooks/${integrationId}/${tenant.tenantId}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-delivery': randomUUID(),
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`,
      },
      body: text,
    });
    return answer.status;
  };
}

/** All deliveries, the newest first, once none of them is open. */
function ended({ client }: TenantOnTwin, count: number) {
  return pollUntil(`The end of ${count} deliveries`, async () => {
    const { items } = await client.call(
      'GET',
      'webhooks/deliveries?limit=100',
      listDeliveries.success.body ?? z.never(),
    );
    const open = items.filter(({ state }) => ['received', 'processing', 'failed'].includes(state));
    return items.length === count && open.length === 0 ? items : undefined;
  });
}

describe('webhooks of a CRM', () => {
  it('that name a record have it fetched; a storm of those that name none starts one run', async () => {
    const crm = await openOwnCrm({ contacts: 20 });
    try {
      const tenant = await createTenant(room, { crm });
      await tenant.run();
      const settings = {
        ...demoSettings(crm.url),
        webhook: {
          events: [
            { object: 'contacts', carries: 'id', when: [{ field: 'type', oneOf: ['contact.changed'] }] },
            { object: 'contacts', carries: 'nothing', when: [{ field: 'type', oneOf: ['import.progress'] }] },
          ],
        },
      };
      await tenant.client.call('PATCH', tenant.base, z.unknown(), { settings });
      const send = await openWebhooks(tenant, tenant.integrationId);
      const [first = '', second = '', third = ''] = await crm.list('contacts');
      const edit = (id: string, lastName: string) =>
        ({ kind: 'update', type: 'contacts', id, patch: { lastName } }) as const;
      await crm.edit(edit(first, 'Named'), { kind: 'delete', type: 'contacts', id: second });
      expect(await send({ type: 'contact.changed', id: first })).toBe(202);
      expect(await send({ type: 'contact.changed', id: second })).toBe(202);
      const [deleted, changed] = await ended(tenant, 2);
      expect([deleted?.state, changed?.state]).toEqual(['processed', 'processed']);
      expect(changed?.records).toEqual([`contacts/${first}`]);
      const details = await tenant.client.call(
        'GET',
        `webhooks/deliveries/${changed?.id}`,
        getDelivery.success.body ?? z.never(),
      );
      expect(details.result?.counts).toEqual({ updated: 1 });
      const stored = await tenant.stored();
      expect(stored.get(`contacts ${first}`)).toMatchObject({ cause: { kind: 'delivery', id: changed?.id } });
      expect(JSON.stringify(stored.get(`contacts ${first}`)?.data)).toContain('Named');
      expect(stored.get(`contacts ${second}`)?.status).toBe('deleted');

      const runsBefore = (await tenant.executions()).length;
      await crm.edit(edit(third, 'Imported'));
      const answers = await Promise.all(Array.from({ length: 40 }, (_, row) => send({ type: 'import.progress', row })));
      expect(new Set(answers)).toEqual(new Set([202]));
      await ended(tenant, 42);
      const run = await pollUntil('The run that was asked for', async () => {
        const [newest, ...others] = await tenant.executions();
        return others.length === runsBefore && newest?.finishedAt !== undefined ? newest : undefined;
      });
      expect(run).toMatchObject({ trigger: 'webhook', mode: 'incremental', state: 'succeeded' });
      expect(JSON.stringify((await tenant.stored()).get(`contacts ${third}`)?.data)).toContain('Imported');
    } finally {
      await crm.close();
    }
  });
});

describe('webhooks of anybody', () => {
  it('become shards by the fields of a task; what does not fit is named, and can be done again', async () => {
    const tenant = await createTenant(room);
    const { client } = tenant;
    const schema = { type: 'object', properties: { email: { type: 'string' } }, required: ['email'] };
    const { id } = await client.call('POST', 'tenant/integrations', withId, {
      provider: 'webhook',
      name: 'A shop',
      settings: { events: [{ object: 'people', itemsPath: 'people', modifiedField: 'at', schema }] },
    });
    await client.call('POST', `tenant/integrations/${id}/tasks`, withId, {
      name: 'People',
      objects: [
        {
          object: 'people',
          shardTypeId: 'contact',
          fields: [{ to: 'email', from: 'email', transforms: ['email'], required: true }],
        },
      ],
    });
    const send = await openWebhooks(tenant, id);
    const ana = { id: 1, at: '2026-01-02T00:00:00Z', email: 'ANA@example.org' };
    const bor = { id: 2, at: '2026-01-02T00:00:00Z' };
    expect(await send({ people: [ana, bor] })).toBe(202);
    const [delivery] = await ended(tenant, 1);
    expect(delivery).toMatchObject({ state: 'dead', records: ['people/1'] });
    expect(delivery?.reason).toContain('Field "email" must have required property');
    const details = await client.call(
      'GET',
      `webhooks/deliveries/${delivery?.id}`,
      getDelivery.success.body ?? z.never(),
    );
    expect(JSON.parse(details.body.content)).toEqual({ people: [ana, bor] });
    expect(details.result).toMatchObject({ counts: { created: 1, failed: 1 }, failures: [{ externalId: '2' }] });
    expect((await tenant.stored()).get('people 1')?.data).toEqual({ email: 'ana@example.org' });

    await client.call('PATCH', `tenant/integrations/${id}`, z.unknown(), {
      settings: { events: [{ object: 'people', itemsPath: 'people', modifiedField: 'at' }] },
    });
    await client.call('POST', `webhooks/deliveries/${delivery?.id}/redrive`, z.unknown());
    const [again] = await pollUntil('The second try', async () => {
      const items = await ended(tenant, 1);
      return items[0]?.attempts === 2 ? items : undefined;
    });
    // The mapping itself needs an address: now it is what says so.
    expect(again).toMatchObject({ state: 'dead', attempts: 2 });
    expect(again?.reason).toContain('email');
  });
});
