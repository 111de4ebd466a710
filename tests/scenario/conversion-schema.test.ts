import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { conversionSchema, type createConversionSchema } from '../../shared/contracts/conversion-schemas.ts';
import { task } from '../../shared/contracts/tasks.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

type Targets = z.input<NonNullable<typeof createConversionSchema.body>>['targets'];

const sizes = { companies: 40, contacts: 120, deals: 0 };

/** A contact with the shard of its company, whichever of the two comes first; a label by JSONata, a number of letters by JavaScript. */
const contact: Targets[number] = {
  shardTypeId: 'contact',
  fields: [
    { to: 'name.first', from: 'firstName', transforms: ['trim'] },
    { to: 'name.last', from: 'lastName', transforms: ['trim'], required: true },
    { to: 'email', from: 'emails.*.address', transforms: ['first', 'email'] },
    { to: 'companyId', lookup: { from: 'companyId', shardTypeId: 'company', object: 'companies' } },
    { to: 'label', template: '$trim(lastName) & ", " & $trim(firstName)' },
    { to: 'letters', script: 'record.lastName.trim().length' },
  ],
};

/** One shard for every e-mail address that a contact has. */
const address: Targets[number] = {
  shardTypeId: 'address',
  name: 'mailbox',
  each: 'emails',
  externalId: 'address',
  fields: [{ to: 'address', from: 'address', transforms: ['email'] }],
};

const company: Targets[number] = {
  shardTypeId: 'company',
  fields: [{ to: 'name', from: 'name', transforms: ['trim'] }],
};

describe('a task by conversion schemas, from the CRM into Cosmos', () => {
  let room: RunningTwin;
  let tenant: TenantOnTwin;
  let contacts: z.infer<typeof conversionSchema>;

  const create = async (object: string, targets: Targets) => {
    const path = `${tenant.base}/conversion-schemas`;
    const made = await tenant.client.call('POST', path, conversionSchema, { name: object, object, targets });
    return tenant.client.call('POST', `${path}/${made.id}/publish`, conversionSchema, {});
  };
  const change = (verb: string, body: object) =>
    tenant.client.call('POST', `${tenant.base}/conversion-schemas/${contacts.id}/${verb}`, conversionSchema, body);

  beforeAll(async () => {
    room = await runTwin({ crm: sizes });
    tenant = await createTenant(room, { objects: ['contacts'] });
    const response = await fetch(`${room.twin.api()}/tenant/shard-types`, {
      method: 'POST',
      headers: { ...tenant.headers, 'content-type': 'application/json' },
      body: JSON.stringify({
        id: 'address',
        name: 'Address',
        schema: { type: 'object', properties: { address: { type: 'string', format: 'email' } }, required: ['address'] },
      }),
    });
    expect(response.status).toBe(201);
    contacts = await create('contacts', [contact, address]);
    const companies = await create('companies', [company]);
    const objects = [
      { object: 'contacts', conversionSchemaId: contacts.id },
      { object: 'companies', conversionSchemaId: companies.id },
    ];
    await tenant.client.call('PATCH', `${tenant.base}/tasks/${tenant.taskId}`, task, { objects });
  });

  afterAll(async () => {
    await room?.close();
  });

  it('feeds contacts, their addresses and companies, and ties them together though the contacts come first', async () => {
    const run = await tenant.run();
    expect(run).toMatchObject({ state: 'succeeded', counts: { failed: 0 } });
    const companyIds = new Set((await tenant.shards('company')).map((shard) => shard.id));
    expect(companyIds.size).toBe(sizes.companies);
    const shards = await tenant.shards('contact');
    expect(shards).toHaveLength(sizes.contacts);
    const tied = shards.filter((shard) => shard.data['companyId'] !== undefined);
    expect(tied.length).toBeGreaterThan(0);
    for (const shard of tied) expect(companyIds).toContain(shard.data['companyId']);
    for (const { data } of shards) {
      const { first, last } = data['name'] as { first: string; last: string };
      expect(data).toMatchObject({ label: `${last}, ${first}`, letters: last.length });
    }
    const addresses = await tenant.shards('address');
    expect(addresses.length).toBeGreaterThan(0);
    expect(addresses[0]?.sources[0]?.object).toBe('contacts#mailbox');
  });

  it('changes nothing when it reads everything again', async () => {
    expect((await tenant.run('full')).counts).toMatchObject({ created: 0, updated: 0, failed: 0 });
  });

  it('reads the object anew when a version is published, and back when it is rolled back', async () => {
    const withCity = { ...contact, fields: [...contact.fields, { to: 'city', from: 'address.city' }] };
    await change('versions', { targets: [withCity, address] });
    expect((await tenant.run()).counts).toMatchObject({ updated: 0 });
    expect(await change('publish', {})).toMatchObject({ published: 2 });
    const run = await tenant.run();
    expect(run.state).toBe('succeeded');
    expect(run.counts.received).toBeGreaterThanOrEqual(sizes.contacts);
    expect((await tenant.shards('contact')).some((shard) => shard.data['city'] !== undefined)).toBe(true);
    expect(await change('rollback', { version: 1 })).toMatchObject({ published: 1 });
    const back = await tenant.run();
    expect(back.state).toBe('succeeded');
    expect(back.counts.received).toBeGreaterThanOrEqual(sizes.contacts);
  });

  it('raised no alert in all this', () => {
    expect(room.log.filter((line) => line.includes('"level":"alert"'))).toEqual([]);
  });
});
