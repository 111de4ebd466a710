import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { z } from 'zod';
import { containers } from '../../shared/azure/containers.ts';
import { type createErasure, erasure, exportErasure } from '../../shared/contracts/erasures.ts';
import { listSuppressions } from '../../shared/contracts/suppressions.ts';
import { openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const exportPage = exportErasure.success.body as z.ZodType<{
  items: { container: string; document: object }[];
  nextCursor?: string;
}>;

const suppressions = listSuppressions.success.body as z.ZodType<{ items: { records: number }[] }>;

describe.concurrent('an erasure', (it) => {
  let room: RunningTwin;

  beforeAll(async () => {
    // An erasure waits until whatever was under way has lost its lease.
    room = await runTwin({ appEnvironment: { ENGINE_LEASE_MS: '5000', ENGINE_SLICE_MS: '3000' } });
  });

  afterAll(async () => {
    await room?.close();
  });

  /** Every document of every container that names the tenant, as text. */
  const everything = async (tenantId: string): Promise<string> => {
    const texts: string[] = [];
    for (const { name } of Object.values(containers)) {
      const query = {
        query: 'SELECT * FROM c WHERE c.tenantId = @tenant',
        parameters: [{ name: '@tenant', value: tenantId }],
      };
      const { resources } = await room.database.container(name).items.query(query).fetchAll();
      texts.push(...resources.map((each) => JSON.stringify(each)));
    }
    return texts.join('\n');
  };

  const erase = async (
    { client }: TenantOnTwin,
    body: z.input<NonNullable<typeof createErasure.body>>,
  ): Promise<string> => {
    const { id } = await client.call('POST', 'tenant/erasures', erasure, body as object);
    let exported = '';
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const query: string = cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const page = await client.call('GET', `tenant/erasures/${id}/export${query}`, exportPage);
      exported += JSON.stringify(page.items);
      cursor = page.nextCursor;
    }
    await client.call('POST', `tenant/erasures/${id}/start`, erasure);
    await pollUntil('the end of the erasure', async () => {
      const now = await client.call('GET', `tenant/erasures/${id}`, erasure);
      return now.state === 'done' ? now : undefined;
    });
    return exported;
  };

  it('of one person, and then of the tenant, leaves no trace, and is exported before', async () => {
    const crm = await openOwnCrm({ contacts: 60 });
    try {
      const tenant = await createTenant(room, { crm, task: { mode: 'full', pageSize: 20 } });
      await tenant.run();
      const [person, other] = (await tenant.shards('contact')).filter(({ data }) => typeof data['email'] === 'string');
      if (person === undefined || other === undefined) throw new Error('There are no people');
      const traces = [person.id, String(person.data['email'])];
      const exported = await erase(tenant, { of: 'person', shardId: person.id });
      for (const trace of traces) expect(exported).toContain(trace);
      expect(exported).not.toContain(other.id);
      const text = await everything(tenant.tenantId);
      for (const trace of traces) expect(text).not.toContain(trace);
      // The CRM still has her.
      const run = await tenant.run();
      expect(run).toMatchObject({ state: 'succeeded', counts: { received: 60, created: 0, skipped: 1 } });
      const after = await everything(tenant.tenantId);
      for (const trace of traces) expect(after).not.toContain(trace);
      const { items } = await tenant.client.call('GET', 'tenant/suppressions', suppressions);
      expect(items).toMatchObject([{ records: 1 }]);
      expect((await tenant.shards('contact')).length).toBe(59);
      const all = await erase(tenant, { of: 'tenant', confirm: tenant.tenantId });
      expect(all).toContain(other.id);
      const left = (await everything(tenant.tenantId)).split('\n').map((line) => JSON.parse(line));
      expect(left.map(({ kind, action }) => kind ?? action).sort()).toEqual(['erasure', 'erasure.done']);
    } finally {
      await crm.close();
    }
  });
});
