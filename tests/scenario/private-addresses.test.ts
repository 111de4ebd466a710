import { afterAll, beforeAll, describe, expect } from 'vitest';
import { z } from 'zod';
import { demoSettings } from '../../local/start/demo-task.ts';
import { dispatch } from '../../shared/contracts/dispatches.ts';
import { subscription } from '../../shared/contracts/subscriptions.ts';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, refusalOf } from '../kit/tenant-on-twin.ts';
import { startWebhookReceiver } from '../kit/webhook-receiver.ts';

const connectionTest = z.object({ works: z.boolean(), problem: z.string().optional() });

describe.concurrent('a deployment that connects to public addresses only', (it) => {
  let room: RunningTwin;
  let crm: CrmControl & { close(): Promise<void> };

  beforeAll(async () => {
    room = await runTwin({ appEnvironment: { ALLOW_PRIVATE_ADDRESSES: 'false' } });
    crm = await openOwnCrm({ contacts: 10 });
  });

  afterAll(async () => {
    await room?.close();
    await crm?.close();
  });

  for (const [name, baseUrl, reason] of [
    ['plain http', () => crm.url, /https/],
    ['a loopback address', () => crm.url.replace('http:', 'https:'), /not at a public address/],
    [
      'a name of this machine',
      () => crm.url.replace('http://127.0.0.1', 'https://localhost'),
      /not at a public address/,
    ],
    ['an address of a private network', () => 'https://10.0.0.1', /not at a public address/],
    ['the metadata service', () => 'https://169.254.169.254', /not at a public address/],
  ] as const) {
    it(`asks nothing of a provider at ${name}, and says why`, async () => {
      const tenant = await createTenant(room, { crm, settings: demoSettings(baseUrl()) });
      const run = await tenant.run();
      expect(run).toMatchObject({ state: 'failed', counts: { received: 0 } });
      expect(run.problem).toMatch(reason);
      const tested = await tenant.client.call('POST', `${tenant.base}/connection/test`, connectionTest);
      expect(tested.works).toBe(false);
      expect(tested.problem).toMatch(reason);
      await expect(tenant.start()).rejects.toThrow(reason);
      expect((await crm.stats()).requests).toEqual({});
    });
  }

  for (const url of ['http://receiver.example/', 'https://127.0.0.1/', 'https://10.0.0.1/', 'https://[::1]/']) {
    it(`takes no subscription for ${url}`, async () => {
      const tenant = await createTenant(room, { crm });
      const body = { url, events: [{ type: '*' }] };
      const refused = tenant.client.call('POST', 'tenant/subscriptions', subscription, body);
      expect(await refusalOf(refused)).toEqual({ status: 400, code: 'invalid-request' });
    });
  }

  it('posts nothing to a name that is here, and says why', async () => {
    const receiver = await startWebhookReceiver();
    try {
      const tenant = await createTenant(room, { crm });
      const url = receiver.url('/').replace('http://127.0.0.1', 'https://localhost');
      const body = { url, events: [{ type: '*' }] };
      const { id } = await tenant.client.call('POST', 'tenant/subscriptions', subscription.loose(), body);
      const tested = await tenant.client.call('POST', `tenant/subscriptions/${id}/test`, dispatch);
      expect(tested).toMatchObject({ state: 'dead', problem: expect.stringContaining('not at a public address') });
      expect(receiver.connections()).toBe(0);
    } finally {
      await receiver.close();
    }
  });
});
