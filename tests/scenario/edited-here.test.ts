import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { shard } from '../../shared/contracts/shards.ts';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const anything = z.unknown();

describe('shards that are made, changed and deleted through the API, on a task that goes both ways', () => {
  let room: RunningTwin;
  let crm: CrmControl & { close(): Promise<void> };
  let tenant: TenantOnTwin;
  let shardId: string;
  let recordId: string;

  beforeAll(async () => {
    [room, crm] = await Promise.all([
      runTwin(),
      openOwnCrm({ contacts: 3 }, { quirks: ['trims-texts', 'normalises-phones', 'drops-milliseconds'] }),
    ]);
    tenant = await createTenant(room, { crm, task: { direction: 'bidirectional', creates: true } });
    expect(await tenant.run()).toMatchObject({ state: 'succeeded', counts: { created: 3 } });
  });

  afterAll(async () => {
    await Promise.all([room?.close(), crm?.close()]);
  });

  const totals = async () => (await crm.writes()).totals;
  const recordThat = (what: string, holds: (record: Record<string, unknown> | undefined) => boolean) =>
    pollUntil(what, async () => {
      const record = await crm.read('contacts', recordId);
      return holds(record) ? { record } : undefined;
    });

  it('appear at the provider once', async () => {
    const data = { name: { first: 'Živa', last: 'Novak' }, email: 'ziva@example.si', phone: '+386 (1) 234-56' };
    const created = await tenant.client.call('POST', 'tenant/shards', shard, { shardTypeId: 'contact', data });
    expect(created).toMatchObject({ revision: 1, data, sources: [] });
    shardId = created.id;
    recordId = await pollUntil('the record of the new shard', async () => (await crm.list('contacts'))[3]);
    const { record } = await recordThat('its values', (each) => each !== undefined);
    expect(record).toMatchObject({ firstName: 'Živa', lastName: 'Novak', phone: '+386123456' });
    const linked = await pollUntil('its link', async () => {
      const shown = await tenant.client.call('GET', `tenant/shards/${shardId}`, shard);
      return shown.sources.length === 1 ? shown : undefined;
    });
    // The provider writes the number its own way, which is no reason to take it, or to write it again.
    expect(linked).toMatchObject({ revision: 1, data, sources: [{ externalId: recordId }] });
  });

  it('are changed there by what is changed, and by nothing else', async () => {
    const patch = { data: { name: { first: 'Živa Ana' } } };
    await tenant.client.call('PATCH', `tenant/shards/${shardId}`, shard, patch);
    const { record } = await recordThat('the edit', (each) => each?.['firstName'] === 'Živa Ana');
    expect(record).toMatchObject({ lastName: 'Novak', version: 2 });
    expect(await tenant.run('full')).toMatchObject({ counts: { received: 4, unchanged: 4 } });
    expect(await totals()).toEqual({ created: 1, updated: 1, unchanged: 0, deleted: 0 });
  });

  it('and those of the provider are changed there as well', async () => {
    const [other] = (await tenant.shards('contact')).filter(({ id }) => id !== shardId);
    const externalId = other?.sources[0]?.externalId ?? '';
    await tenant.client.call('PATCH', `tenant/shards/${other?.id}`, shard, { data: { address: { city: 'Ptuj' } } });
    await pollUntil('the edit', async () => {
      const record = await crm.read('contacts', externalId);
      return (record?.['address'] as { city?: string } | undefined)?.city === 'Ptuj' ? true : undefined;
    });
    expect(await totals()).toEqual({ created: 1, updated: 2, unchanged: 0, deleted: 0 });
  });

  it('go with their deletion, and do not come back', async () => {
    await tenant.client.call('DELETE', `tenant/shards/${shardId}`, anything);
    await recordThat('the deletion', (each) => each === undefined);
    expect((await tenant.run('full')).state).toBe('succeeded');
    expect((await tenant.client.call('GET', `tenant/shards/${shardId}`, shard)).status).toBe('deleted');
    expect(await totals()).toEqual({ created: 1, updated: 2, unchanged: 0, deleted: 1 });
  });
});
