import { afterAll, beforeAll, describe, expect } from 'vitest';
import { z } from 'zod';
import { demoSettings } from '../../local/start/demo-task.ts';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant } from '../kit/tenant-on-twin.ts';

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
});
