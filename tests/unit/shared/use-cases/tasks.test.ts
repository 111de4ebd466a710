import { beforeEach, describe, expect, it } from 'vitest';
import { sampleShard } from '../../../kit/sample-documents.ts';
import { MemoryApi, taskBody } from './api.ts';

describe('tasks', () => {
  let api: MemoryApi;
  let integrationId: string;
  let root: string;

  beforeEach(async () => {
    api = new MemoryApi();
    integrationId = await api.integration();
    root = `tenant/integrations/${integrationId}/tasks`;
  });

  const dueAt = () => api.deps.due.all().map((entry) => entry.document.dueAt);
  const stored = () => api.deps.tasks.all()[0];

  it('are created with their defaults', async () => {
    const { status, body } = await api.call('POST', root, { body: taskBody });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      integrationId,
      direction: 'pull',
      mode: 'incremental',
      schedule: { kind: 'manual' },
      pageSize: 500,
      lookBackSeconds: 120,
      deletions: 'ignore',
      objects: [{ fields: [{ to: 'name', from: 'name', transforms: [], required: false }] }],
    });
  });

  it('name objects that the provider lacks, and schedules that never come', async () => {
    const objects = [...taskBody.objects, { ...taskBody.objects[0], object: 'ghosts' }];
    const answer = await api.call('POST', root, {
      body: { ...taskBody, objects, schedule: { kind: 'cron', expression: '0 0 31 2 *', timeZone: 'Nowhere' } },
    });
    const errors = answer.body.errors?.map((error) => error.field);
    expect(errors?.sort()).toEqual(['/objects/1/object', '/schedule/expression', '/schedule/timeZone']);
  });

  it('stand before the clock exactly while they are enabled and scheduled', async () => {
    const taskId = await api.task(integrationId, { schedule: { kind: 'interval', everySeconds: 600 } });
    const patch = (body: object) => api.call('PATCH', `${root}/${taskId}`, { body });
    expect(dueAt()).toEqual(['2030-01-01T00:10:00.000Z']);
    api.deps.clock.advance(300_000);
    await patch({ name: 'New name' });
    expect(dueAt()).toEqual(['2030-01-01T00:10:00.000Z']);
    expect((await patch({ schedule: { kind: 'cron', expression: '0 6 * * *' } })).body['nextRunAt']).toBe(
      '2030-01-01T06:00:00.000Z',
    );
    expect(dueAt()).toEqual(['2030-01-01T06:00:00.000Z']);
    expect((await patch({ enabled: false })).body['nextRunAt']).toBeUndefined();
    expect(dueAt()).toEqual([]);
    await patch({ enabled: true });
    expect(dueAt()).toEqual(['2030-01-01T06:00:00.000Z']);
    await patch({ schedule: { kind: 'manual' } });
    expect(dueAt()).toEqual([]);
    await patch({ schedule: { kind: 'interval', everySeconds: 60 } });
    expect(dueAt()).toEqual(['2030-01-01T00:06:00.000Z']);
    expect((await api.call('DELETE', `${root}/${taskId}`)).status).toBe(204);
    expect([...dueAt(), ...api.deps.tasks.all()]).toEqual([]);
  });

  it('have the entry of the change that was kept, when two cross', async () => {
    const taskId = await api.task(integrationId, { schedule: { kind: 'interval', everySeconds: 600 } });
    const patch = (body: object) => api.call('PATCH', `${root}/${taskId}`, { body });
    for (const later of [{ schedule: { kind: 'interval', everySeconds: 60 } }, { enabled: false }]) {
      api.deps.faults.onOperation = async ({ port, verb }) => {
        if (port !== 'due' || verb !== 'put') return;
        api.deps.faults.onOperation = undefined;
        await patch(later);
      };
      expect((await patch({ schedule: { kind: 'interval', everySeconds: 900 } })).status).toBe(200);
      expect(stored()).toMatchObject(later);
      expect(dueAt()).toEqual(stored()?.nextRunAt === undefined ? [] : [stored()?.nextRunAt]);
    }
  });

  it('are not found under another integration', async () => {
    const taskId = await api.task(integrationId);
    const other = await api.integration();
    for (const [method, body] of [
      ['PATCH', { name: 'x' }],
      ['DELETE', undefined],
    ] as const) {
      const path = `tenant/integrations/${other}/tasks/${taskId}`;
      expect((await api.call(method, path, body === undefined ? {} : { body })).status).toBe(404);
    }
    expect(stored()?.name).toBe('People');
  });

  it('do not outlive an integration that goes while they are created', async () => {
    api.deps.faults.onOperation = async ({ port, verb }) => {
      if (port !== 'tasks' || verb !== 'create') return;
      api.deps.faults.onOperation = undefined;
      await api.call('DELETE', `tenant/integrations/${integrationId}`);
    };
    expect((await api.call('POST', root, { body: taskBody })).status).toBe(404);
    expect(api.deps.tasks.all()).toEqual([]);
  });
});

describe('shards', () => {
  it('are found by type, status, text and field, numbers and booleans too', async () => {
    const api = new MemoryApi();
    const scope = { tenantId: 'demo' } as never;
    const add = async (shardTypeId: string, data: Record<string, string | number | boolean>, tenantId = 'demo') => {
      const document = sampleShard(tenantId, { shardTypeId, data, text: Object.values(data).join(' ').toLowerCase() });
      await api.deps.shards.write(tenantId === 'demo' ? scope : ({ tenantId } as never), { kind: 'create', document });
      return document.id;
    };
    const ada = await add('contact', { name: 'Ada', size: 42 });
    const bob = await add('contact', { name: 'Bob', size: '42' });
    const firm = await add('company', { name: 'ADA Ltd', active: true });
    await add('contact', { name: 'Ada', size: 42 }, 'other');
    const find = async (query: string) => {
      const { body } = await api.call('GET', `tenant/shards?${query}`);
      return (body['items'] as { id: string }[]).map((item) => item.id).sort();
    };
    expect(await find('type=contact')).toEqual([ada, bob].sort());
    expect(await find('text=aDa')).toEqual([ada, firm].sort());
    expect(await find('field=size&value=42')).toEqual([ada, bob].sort());
    expect(await find('field=active&value=true')).toEqual([firm]);
    expect(await find('field=name&value=Ada&type=contact')).toEqual([ada]);
    expect(await find('status=deleted')).toEqual([]);
  });

  it('page across text and number as one list', async () => {
    const api = new MemoryApi();
    const ids: string[] = [];
    for (let index = 0; index < 9; index += 1) {
      const document = sampleShard('demo', { data: { code: index % 2 === 0 ? 7 : '7' } });
      await api.deps.shards.write({ tenantId: 'demo' } as never, { kind: 'create', document });
      ids.push(document.id);
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await api.call(
        'GET',
        `tenant/shards?field=code&value=7&limit=2${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...(body['items'] as { id: string }[]).map((item) => item.id));
      cursor = typeof body['nextCursor'] === 'string' ? body['nextCursor'] : '';
    } while (cursor !== '');
    expect(seen).toEqual(ids.sort().reverse());
  });
});
