import type { ItemDefinition, PartitionKey } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { z } from 'zod';
import type { LinkDocument } from '../../shared/core/documents/link.ts';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const records = 60;
const garbage = 'garbage-in-the-store';

/** Where a document is. */
interface Place {
  readonly container: string;
  readonly id: string;
  readonly partition: PartitionKey;
}

describe.concurrent('a corrupt stored document', (it) => {
  let room: RunningTwin;
  let crm: CrmControl & { close(): Promise<void> };

  beforeAll(async () => {
    room = await runTwin();
    crm = await openOwnCrm({ contacts: records });
  });

  afterAll(async () => {
    await room?.close();
    await crm?.close();
  });

  const syncedTenant = async (): Promise<TenantOnTwin> => {
    const tenant = await createTenant(room, { crm, task: { pageSize: 20 } });
    expect((await tenant.run()).state).toBe('succeeded');
    return tenant;
  };

  const readRaw = async ({ container, id, partition }: Place): Promise<ItemDefinition> => {
    const { resource } = await room.database.container(container).item(id, partition).read<ItemDefinition>();
    if (resource === undefined) throw new Error(`${container}/${id} is not where the test looks for it`);
    return resource;
  };

  /** Overwrites fields; answers the document as it was and a function that puts it back. */
  const corrupt = async (place: Place, fields: object): Promise<() => Promise<void>> => {
    const before = await readRaw(place);
    const item = room.database.container(place.container).item(place.id, place.partition);
    await item.replace({ ...before, ...fields });
    return async () => void (await item.replace(before));
  };

  const alertAbout = (text: string) =>
    pollUntil(`An alert about ${text}`, () =>
      room.log.find((line) => line.includes('"level":"alert"') && line.includes(text)),
    );

  /** The API says that it failed, and nothing about why; the log has the rest under the same id. */
  const expectInternal = async (tenant: TenantOnTwin, method: string, path: string, body?: object): Promise<void> => {
    const response = await fetch(`${room.twin.api()}/${path}`, {
      method,
      headers: { ...tenant.headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect([method, path, response.status]).toEqual([method, path, 500]);
    expect(text).not.toContain(garbage);
    const { requestId, ...problem } = z.looseObject({ requestId: z.string() }).parse(JSON.parse(text));
    expect(problem).toMatchObject({ code: 'internal', status: 500 });
    expect(Object.keys(problem)).not.toContain('detail');
    expect(response.headers.get('x-request-id')).toBe(requestId);
    await alertAbout(requestId);
  };

  const linkOf = async (tenant: TenantOnTwin): Promise<LinkDocument> => {
    const { resources } = await room.database
      .container('links')
      .items.query<LinkDocument>('SELECT * FROM c', { partitionKey: [tenant.tenantId] })
      .fetchAll();
    const [link] = resources;
    if (link === undefined) throw new Error('There is no link');
    return link;
  };

  it('among the links fails the run with its name, and is left as it is', async () => {
    const tenant = await syncedTenant();
    const link = await linkOf(tenant);
    const place = { container: 'links', id: link.id, partition: [tenant.tenantId, link.id] };
    const restore = await corrupt(place, { state: garbage });
    const run = await tenant.run('full');
    expect(run.state).toBe('failed');
    expect(run.problem).toContain(`links/${link.id}`);
    expect(run.problem).not.toContain(garbage);
    await alertAbout(`links/${link.id}`);
    expect((await readRaw(place))['state']).toBe(garbage);
    await restore();
    expect(await tenant.run('full')).toMatchObject({ state: 'succeeded', counts: { created: 0 } });
  });

  it('among the shards fails the run, and the API does not show it', async () => {
    const tenant = await syncedTenant();
    const link = await linkOf(tenant);
    const place = { container: 'shards', id: link.shardId, partition: [tenant.tenantId, link.shardId] };
    const restore = await corrupt(place, { revision: garbage });
    await expectInternal(tenant, 'GET', `tenant/shards/${link.shardId}`);
    await expectInternal(tenant, 'GET', 'tenant/shards?type=contact&limit=100');
    const restoreLink = await corrupt(
      { container: 'links', id: link.id, partition: [tenant.tenantId, link.id] },
      { hash: 'of another value' },
    );
    const run = await tenant.run('full');
    expect(run.state).toBe('failed');
    expect(run.problem).toContain(`shards/${link.shardId}`);
    await alertAbout(`shards/${link.shardId}`);
    expect((await readRaw(place))['revision']).toBe(garbage);
    await restore();
    await restoreLink();
    expect(await tenant.run('full')).toMatchObject({ state: 'succeeded', counts: { created: 0 } });
  });

  it('that is a task is answered with 500, is not run, and runs again once it is mended', async () => {
    const tenant = await syncedTenant();
    const path = `${tenant.base}/tasks/${tenant.taskId}`;
    const place = { container: 'config', id: tenant.taskId, partition: tenant.tenantId };
    const restore = await corrupt(place, { pageSize: garbage });
    await expectInternal(tenant, 'GET', path);
    await expectInternal(tenant, 'GET', `${tenant.base}/tasks`);
    await expectInternal(tenant, 'PATCH', path, { name: 'Another name' });
    await expectInternal(tenant, 'POST', `${path}/run`, {});
    expect((await readRaw(place))['pageSize']).toBe(garbage);
    expect(await tenant.executions()).toHaveLength(1);
    await restore();
    expect(await tenant.run('full')).toMatchObject({ state: 'succeeded', counts: { unchanged: records } });
  });

  it('that is a task during its run lets the run keep what it read, and is settled once it is mended', async () => {
    const slow = await openOwnCrm({ contacts: records });
    try {
      await slow.setFaults({ kind: 'slow', ms: 400 });
      const tenant = await createTenant(room, { crm: slow, task: { pageSize: 20 } });
      const { id } = await tenant.start();
      const place = { container: 'config', id: tenant.taskId, partition: tenant.tenantId };
      const restore = await corrupt(place, { watermarks: garbage });
      const run = await tenant.follow(id);
      await alertAbout(`config/${tenant.taskId}`);
      expect(run).toMatchObject({ state: 'succeeded', counts: { received: records, created: records } });
      await restore();
      const next = await pollUntil('The next run', async () => tenant.run('full').catch(() => undefined));
      expect(next).toMatchObject({ state: 'succeeded', counts: { unchanged: records } });
      expect((await tenant.execution(id)).state).toBe('succeeded');
    } finally {
      await slow.close();
    }
  });

  it('that is an integration is answered with 500 and fails the run that reads by it', async () => {
    const slow = await openOwnCrm({ contacts: records });
    try {
      await slow.setFaults({ kind: 'rate-limit', seconds: 3, times: 1, match: { afterRequests: 1 } });
      const tenant = await createTenant(room, { crm: slow, task: { pageSize: 20 } });
      const { id } = await tenant.start();
      await pollUntil('The wait', async () => (await tenant.execution(id)).state === 'waiting' || undefined);
      const place = { container: 'config', id: tenant.integrationId, partition: tenant.tenantId };
      const restore = await corrupt(place, { enabled: garbage });
      await expectInternal(tenant, 'GET', tenant.base);
      await expectInternal(tenant, 'POST', `${tenant.base}/tasks/${tenant.taskId}/run`, {});
      const stored = await pollUntil('The end of the run', async () => {
        const execution = await readRaw({ container: 'executions', id, partition: [tenant.tenantId, id] });
        return execution['finishedAt'] === undefined ? undefined : execution;
      });
      expect(stored).toMatchObject({ state: 'failed' });
      expect(stored['problem']).toContain(`config/${tenant.integrationId}`);
      await alertAbout(`config/${tenant.integrationId}`);
      await restore();
      expect(await tenant.run()).toMatchObject({ state: 'succeeded' });
      expect(await tenant.shards('contact')).toHaveLength(records);
    } finally {
      await slow.close();
    }
  });

  it('that is a run is not gone on with, and does not stop the others', async () => {
    const slow = await openOwnCrm({ contacts: records });
    try {
      await slow.setFaults({ kind: 'rate-limit', seconds: 2, times: 1, match: { afterRequests: 1 } });
      const tenant = await createTenant(room, { crm: slow, task: { pageSize: 20 } });
      const { id } = await tenant.start();
      await pollUntil('The wait', async () => (await tenant.execution(id)).state === 'waiting' || undefined);
      const place = { container: 'executions', id, partition: [tenant.tenantId, id] };
      await corrupt(place, { checkpoint: garbage });
      await expectInternal(tenant, 'GET', `${tenant.base}/executions/${id}`);
      await alertAbout(`executions/${id}`);
      expect((await readRaw(place))['checkpoint']).toBe(garbage);
      await syncedTenant();
      expect((await tenant.stored()).size).toBe(20);
    } finally {
      await slow.close();
    }
  });
});
