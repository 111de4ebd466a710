import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrmControl, controlCrm, type RecordType } from '../kit/crm-control.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, type FollowedRun, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const sizes = { companies: 300, contacts: 400, deals: 200 };
const all = sizes.companies + sizes.contacts + sizes.deals;
const types = { companies: 'company', contacts: 'contact', deals: 'deal' } as const;

/** Every run: what was received has one outcome each. */
function expectReconciled(run: FollowedRun): void {
  const { received, created, updated, unchanged, conflicted, skipped, failed } = run.counts;
  expect(created + updated + unchanged + conflicted + skipped + failed).toBe(received);
}

/** ETag and revision of every shard, by record. */
async function versionsOf(tenant: TenantOnTwin): Promise<Map<string, string>> {
  const versions = new Map<string, string>();
  for (const [record, { _etag, revision }] of await tenant.stored()) versions.set(record, `${revision} ${_etag}`);
  return versions;
}

describe('the main job, from the CRM through the queue into Cosmos', () => {
  let room: RunningTwin;
  let crm: CrmControl;
  let tenant: TenantOnTwin;

  beforeAll(async () => {
    room = await runTwin({ crm: sizes });
    crm = controlCrm(room.twin.crm);
    tenant = await createTenant(room, { objects: ['companies', 'contacts', 'deals'], task: { pageSize: 100 } });
  });

  afterAll(async () => {
    await room?.close();
  });

  it('brings in every company, contact and deal, once', async () => {
    const run = await tenant.run();
    expect(run).toMatchObject({ state: 'succeeded', mode: 'incremental', counts: { received: all, created: all } });
    expectReconciled(run);
    const expected: string[] = [];
    for (const type of ['companies', 'contacts', 'deals'] as const) {
      for (const id of await crm.list(type)) expected.push(`${type} ${id}`);
      const shown = await tenant.shards(types[type]);
      expect(shown).toHaveLength(sizes[type]);
      expect(new Set(shown.map((shard) => shard.sources[0]?.object))).toEqual(new Set([type]));
    }
    expect([...(await tenant.stored()).keys()].sort()).toEqual(expected.sort());
  });

  it('changes nothing when it reads everything again', async () => {
    const before = await versionsOf(tenant);
    const run = await tenant.run('full');
    expect(run).toMatchObject({
      state: 'succeeded',
      mode: 'full',
      counts: { received: all, unchanged: all, created: 0, updated: 0 },
    });
    expect(await versionsOf(tenant)).toEqual(before);
  });

  it('reads and writes only about what changed, of 1 % changed', async () => {
    const share = 0.01;
    // What was there at the start lies far behind the look-back; so all that is read again is what changed.
    const changed: string[] = [];
    for (const type of Object.keys(sizes) as RecordType[]) {
      const { ids } = await crm.change(type, 'update', sizes[type] * share);
      changed.push(...ids.map((id) => `${type} ${id}`));
    }
    const before = await versionsOf(tenant);
    const servedBefore = sum((await crm.stats()).recordsServed);
    const run = await tenant.run('incremental');
    expect(run.state).toBe('succeeded');
    expectReconciled(run);
    expect(run.counts.received).toBeLessThanOrEqual(all * share * 5);
    expect(sum((await crm.stats()).recordsServed) - servedBefore).toBe(run.counts.received);
    const after = await versionsOf(tenant);
    const written = [...after].filter(([record, version]) => before.get(record) !== version).map(([record]) => record);
    // A change of a field that the task does not map is read, and writes nothing.
    expect(written.filter((record) => !changed.includes(record))).toEqual([]);
    expect(written).toHaveLength(run.counts.updated);
    expect(run.counts.updated).toBeGreaterThan(0);
  });

  it('mirrors deletions that the CRM marks, and keeps what was there', async () => {
    const { ids } = await crm.change('contacts', 'delete', 5);
    const run = await tenant.run('incremental');
    expect(run.state).toBe('succeeded');
    expectReconciled(run);
    const deleted = await tenant.shards('contact', 'deleted');
    expect(deleted.map((shard) => shard.sources[0]?.externalId).sort()).toEqual([...ids].sort());
    for (const shard of deleted) expect(Object.keys(shard.data)).not.toEqual([]);
    expect(await tenant.shards('contact')).toHaveLength(sizes.contacts - ids.length);
  });

  it('brings in new records', async () => {
    const { ids } = await crm.change('companies', 'create', 4);
    const run = await tenant.run('incremental');
    expect(run).toMatchObject({ state: 'succeeded', counts: { created: 4 } });
    const stored = await tenant.stored();
    for (const id of ids) expect(stored.get(`companies ${id}`)?.status).toBe('active');
  });

  it('ends where a full read ends: nothing is left to do', async () => {
    const run = await tenant.run('full');
    expect(run.state).toBe('succeeded');
    expect(run.counts).toMatchObject({ created: 0, updated: 0, failed: 0 });
  });

  it('keeps deleted records when deletions are not mirrored', async () => {
    const other = await createTenant(room, { objects: ['deals'], task: { deletions: 'ignore' } });
    await other.run();
    const { ids } = await crm.change('deals', 'delete', 3);
    const run = await other.run('incremental');
    expect(run.state).toBe('succeeded');
    expect(run.counts.skipped).toBeGreaterThanOrEqual(ids.length);
    expect(await other.shards('deal', 'deleted')).toEqual([]);
  });

  it('keeps a field that a person changed and the CRM did not', async () => {
    const [id, stored] = [...(await tenant.stored())].find(([record]) => record.startsWith('companies ')) ?? [];
    if (id === undefined || stored === undefined) throw new Error('There is no company');
    const item = room.database.container('shards').item(stored.id, [tenant.tenantId, stored.id]);
    await item.replace({ ...stored, data: { ...stored.data, note: 'ours' } });
    await crm.change('companies', 'update', sizes.companies);
    const run = await tenant.run('incremental');
    expect(run.state).toBe('succeeded');
    expect((await tenant.stored()).get(id)?.data['note']).toBe('ours');
  });

  it('raised no alert in all this', () => {
    expect(room.log.filter((line) => line.includes('"level":"alert"'))).toEqual([]);
  });
});

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
