import { afterAll, beforeAll, describe, expect } from 'vitest';
import { z } from 'zod';
import { demoSettings, demoTask } from '../../local/start/demo-task.ts';
import { event } from '../../shared/contracts/events.ts';
import { hold } from '../../shared/contracts/holds.ts';
import { integration } from '../../shared/contracts/integrations.ts';
import { pageOf } from '../../shared/contracts/page.ts';
import { task } from '../../shared/contracts/tasks.ts';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, type Execution, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const records = 200;

type Hold = z.infer<typeof hold>;

/** A tenant with a CRM of its own, whose contacts have all been read. */
interface Pair {
  readonly crm: CrmControl;
  readonly tenant: TenantOnTwin;
}

describe.concurrent('a run that would do harm', (it) => {
  let room: RunningTwin;

  beforeAll(async () => {
    room = await runTwin();
  });

  afterAll(async () => {
    await room?.close();
  });

  const withPair = async (test: (pair: Pair) => Promise<void>, changes: object = {}): Promise<void> => {
    const crm = await openOwnCrm({ contacts: records });
    try {
      const tenant = await createTenant(room, {
        crm,
        settings: unpartitioned(crm.url),
        task: { mode: 'full', pageSize: 50, deletions: 'mirror', ...changes },
      });
      expect((await tenant.run()).counts).toMatchObject({ received: records, created: records });
      await test({ crm, tenant });
    } finally {
      await crm.close();
    }
  };

  const openHolds = async ({ client }: TenantOnTwin): Promise<Hold[]> =>
    (await client.call('GET', 'tenant/holds', pageOf(hold))).items;

  const onlyHold = async (tenant: TenantOnTwin): Promise<Hold> => {
    const [found, ...others] = await openHolds(tenant);
    if (found === undefined || others.length > 0) throw new Error('There is not just one hold');
    return tenant.client.call('GET', `tenant/holds/${found.id}`, hold);
  };

  const decide = ({ client }: TenantOnTwin, verb: 'approve' | 'reject', { id }: Hold): Promise<Hold> =>
    client.call('POST', `tenant/holds/${id}/${verb}`, hold);

  const statuses = async (tenant: TenantOnTwin): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const { status } of (await tenant.stored()).values()) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };

  it('is held when the provider answers 200 with an empty list, and nothing is deleted', () =>
    withPair(async ({ crm, tenant }) => {
      await crm.setFaults({ kind: 'empty-list', match: { type: 'contacts' } });
      const run = await tenant.run();
      expect(run).toMatchObject({ state: 'succeeded', counts: { received: 0 } });
      expect(run.comparison).toMatchObject([{ links: records, missing: records, deleted: 0, outcome: 'held' }]);
      const held = await onlyHold(tenant);
      expect(held).toMatchObject({
        kind: 'delete-missing',
        records,
        of: records,
        reason: `The provider gave no record at all: ${records} of ${records} records are no longer there.`,
        effect: `${records} shards of type contact are marked deleted, except those whose records have been seen since.`,
      });
      expect(held.sample).toHaveLength(10);
      const shards = new Map((await tenant.shards('contact')).map((found) => [found.id, found.data]));
      // Not everyone has an e-mail address or a phone: each is shown as it is.
      for (const { shardId, data } of held.sample ?? []) expect(data).toEqual(shards.get(shardId));
      expect(await statuses(tenant)).toEqual({ active: records });
      const events = await tenant.client.call('GET', 'tenant/events?type=hold.raised', pageOf(event));
      expect(events.items).toMatchObject([{ subject: held.id, data: { affected: records, reason: held.reason } }]);
      // It answers as ever: the hold has nothing to decide any more.
      await crm.setFaults();
      await tenant.run();
      expect(await openHolds(tenant)).toEqual([]);
      expect(await statuses(tenant)).toEqual({ active: records });
    }));

  it('does nothing when half of the pages fail', () =>
    withPair(async ({ crm, tenant }) => {
      await crm.setFaults({ kind: 'error', status: 500, match: { type: 'contacts', afterRequests: 2 } });
      const run = await tenant.run();
      expect(run).toMatchObject({ state: 'failed', counts: { received: records / 2 } });
      expect(run.comparison).toBeUndefined();
      expect(await openHolds(tenant)).toEqual([]);
      expect(await statuses(tenant)).toEqual({ active: records });
    }));

  it('is held when a filter is changed so that it hides 40 %, and deletes them when that is approved', () =>
    withPair(async ({ crm, tenant }) => {
      const hidden = await filter(tenant, crm, 0.4);
      expect(hidden).toBeGreaterThan(records * 0.35);
      const run = await tenant.run();
      expect(run.comparison).toMatchObject([{ links: records, missing: hidden, deleted: 0, outcome: 'held' }]);
      const held = await onlyHold(tenant);
      expect(held.reason).toBe(`${hidden} of ${records} records are no longer there, more than 20 %.`);
      expect(await statuses(tenant)).toEqual({ active: records });
      await decide(tenant, 'approve', held);
      await pollUntil('the end of the deletions', async () => {
        const now = await tenant.client.call('GET', `tenant/holds/${held.id}`, hold);
        return now.state === 'done' ? now : undefined;
      });
      expect(await statuses(tenant)).toEqual({ active: records - hidden, deleted: hidden });
      expect((await tenant.run()).comparison).toMatchObject([{ missing: 0, outcome: 'nothing' }]);
      // Without the filter they are there again.
      await tenant.client.call('PATCH', tenant.base, integration, { settings: unpartitioned(crm.url) });
      await tenant.run();
      expect(await statuses(tenant)).toEqual({ active: records });
    }));

  it('is paused when a mapping mistake blanks a field everywhere, and ends when that is rejected', () =>
    withPair(
      async ({ tenant }) => {
        const before = await emails(tenant);
        await tenant.client.call('PATCH', `${tenant.base}/tasks/${tenant.taskId}`, task, { objects: mistaken });
        const started = await tenant.start();
        const paused = await pollUntil('the pause', async () => {
          const run = await tenant.execution(started.id);
          return run.holdId === undefined ? undefined : run;
        });
        expect(paused).toMatchObject({ state: 'paused', counts: { received: 0 } });
        const held = await onlyHold(tenant);
        expect(held).toMatchObject({ id: paused.holdId, kind: 'overwrite-field', field: 'email', of: 50 });
        expect(held.records).toBeGreaterThan(15);
        expect(held.reason).toMatch(/lose their value of "email"/);
        expect(held.sample?.every(({ from }) => typeof from === 'string')).toBe(true);
        expect(await emails(tenant)).toEqual(before);
        await decide(tenant, 'reject', held);
        const run: Execution = await tenant.follow(started.id);
        expect(run.state).toBe('cancelled');
        expect(await emails(tenant)).toEqual(before);
        expect((await tenant.run()).state).toBe('cancelled');
        expect(await emails(tenant)).toEqual(before);
        const mended = demoTask().objects.filter(({ object }) => object === 'contacts');
        await tenant.client.call('PATCH', `${tenant.base}/tasks/${tenant.taskId}`, task, { objects: mended });
        expect((await tenant.run()).state).toBe('succeeded');
      },
      { holds: { overwrittenRecords: 15 } },
    ));
});

/** A full list is read as one, so that a filter may use the parameters of its ranges. */
function unpartitioned(url: string, query: Readonly<Record<string, string>> = {}) {
  const settings = demoSettings(url);
  const { partition: _partition, writes: _writes, ...contacts } = settings.objects.contacts;
  return { ...settings, objects: { contacts: { ...contacts, query: { ...contacts.query, ...query } } } } as ReturnType<
    typeof demoSettings
  >;
}

const created = z.object({ data: z.array(z.object({ createdAt: z.iso.datetime() })) });

/** Has the integration read only contacts created from an instant on; gives how many that hides. */
async function filter(tenant: TenantOnTwin, crm: CrmControl, share: number): Promise<number> {
  const answer = await fetch(`${crm.url}/v1/contacts?limit=1000`, { headers: { 'x-api-key': crm.apiKey } });
  const all = created
    .parse(await answer.json())
    .data.map(({ createdAt }) => createdAt)
    .sort();
  const createdFrom = all[Math.floor(all.length * share)] ?? '';
  const settings = unpartitioned(crm.url, { createdFrom });
  await tenant.client.call('PATCH', tenant.base, integration, { settings });
  return all.filter((createdAt) => createdAt < createdFrom).length;
}

const mistaken = demoTask()
  .objects.filter(({ object }) => object === 'contacts')
  .map((mapping) =>
    'fields' in mapping
      ? {
          ...mapping,
          fields: mapping.fields.map((field) => (field.to === 'email' ? { ...field, from: 'emails.0.adress' } : field)),
        }
      : mapping,
  );

async function emails(tenant: TenantOnTwin): Promise<string[]> {
  return [...(await tenant.stored()).values()].map(({ data }) => String(data['email'] ?? '')).sort();
}
