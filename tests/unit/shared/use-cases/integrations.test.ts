import { beforeEach, describe, expect, it } from 'vitest';
import { AdapterFailure, type AdapterFailureKind } from '../../../../shared/core/adapter.ts';
import { sampleExecution, sampleId } from '../../../kit/sample-documents.ts';
import { MemoryApi } from './api.ts';

const root = 'tenant/integrations';

describe('integrations', () => {
  let api: MemoryApi;
  let id: string;

  beforeEach(async () => {
    api = new MemoryApi();
    id = await api.integration();
  });

  const placesOf = (answer: { body: { errors?: unknown } }) =>
    (answer.body.errors as { field: string }[] | undefined)?.map((error) => error.field);

  it('are stored with the defaults of their settings', async () => {
    expect((await api.call('GET', `${root}/${id}`)).body).toMatchObject({
      id,
      provider: 'desk',
      settings: { region: 'eu', pageSize: 50 },
      enabled: true,
      connection: 'not-connected',
    });
  });

  it('name what is wrong with provider and settings', async () => {
    const create = (body: object) => api.call('POST', root, { body: { name: 'x', ...body } });
    expect(placesOf(await create({ provider: 'nobody', settings: {} }))).toEqual(['/provider']);
    expect(placesOf(await create({ provider: 'desk', settings: { region: 'mars', a: 1 } }))).toEqual([
      '/settings/region',
      '/settings/a',
    ]);
    const patch = await api.call('PATCH', `${root}/${id}`, { body: { settings: {} } });
    expect(placesOf(patch)).toEqual(['/settings/region']);
  });

  it('keep the objects that their tasks read', async () => {
    const taskId = await api.task(id);
    const move = () => api.call('PATCH', `${root}/${id}`, { body: { settings: { region: 'us' } } });
    const refused = await move();
    expect(refused.body.errors).toEqual([
      { in: 'body', field: '/settings', message: 'must keep the objects that tasks read: people' },
    ]);
    await api.call('DELETE', `${root}/${id}/tasks/${taskId}`);
    expect((await move()).status).toBe(200);
  });

  it('answer the same 404 for another tenant as for nobody', async () => {
    const mine = await api.call('GET', `${root}/${id}`, { tenant: 'other' });
    const nobodys = await api.call('GET', `${root}/${sampleId('integration')}`, { tenant: 'other' });
    const { instance: _a, requestId: _b, ...shown } = mine.body;
    expect(nobodys.body).toMatchObject(shown);
    expect(mine.status).toBe(404);
    for (const [method, path, body] of [
      ['PATCH', '', { name: 'x' }],
      ['DELETE', '', undefined],
      ['POST', '/connect/api-key', { kind: 'none' }],
      ['POST', '/disconnect', undefined],
      [
        'POST',
        '/tasks',
        { name: 'x', objects: [{ object: 'people', shardTypeId: 'a', fields: [{ to: 'a', from: 'a' }] }] },
      ],
    ] as const) {
      const answer = await api.call(method, `${root}/${id}${path}`, {
        tenant: 'other',
        ...(body === undefined ? {} : { body }),
      });
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
    expect(api.deps.integrations.all()).toMatchObject([{ name: 'Desk', tenantId: 'demo' }]);
  });

  it('change only as the version that the caller saw', async () => {
    const patch = (name: string, ifMatch: string) =>
      api.call('PATCH', `${root}/${id}`, { body: { name }, headers: { 'if-match': ifMatch } });
    const etag = (await api.call('GET', `${root}/${id}`)).headers['etag'] ?? '';
    const first = await patch('A', etag);
    expect(first.status).toBe(200);
    expect((await patch('B', etag)).body.code).toBe('precondition-failed');
    expect((await patch('C', first.headers['etag'] ?? '')).status).toBe(200);
    expect((await patch('D', '*')).status).toBe(200);
    expect((await api.call('DELETE', `${root}/${id}`, { headers: { 'if-match': etag } })).status).toBe(412);
    expect(api.deps.integrations.all()[0]).toMatchObject({ name: 'D', enabled: true });
  });

  it('take every one of many changes at once when none is conditional', async () => {
    const fields = [{ name: 'New' }, { enabled: false }, { settings: { region: 'us' } }];
    await Promise.all(fields.map((body) => api.call('PATCH', `${root}/${id}`, { body })));
    expect(api.deps.integrations.all()[0]).toMatchObject({ name: 'New', enabled: false, settings: { region: 'us' } });
  });

  it('page newest first, each once, and tie the cursor to the filter', async () => {
    const ids = [id];
    for (let index = 0; index < 6; index += 1) {
      api.deps.clock.advance(5);
      ids.unshift(await api.integration());
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await api.call('GET', `${root}?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...(body['items'] as { id: string }[]).map((item) => item.id));
      cursor = typeof body['nextCursor'] === 'string' ? body['nextCursor'] : '';
    } while (cursor !== '');
    expect(seen).toEqual(ids);
    const first = await api.call('GET', `${root}?limit=3`);
    const answer = await api.call('GET', `${root}?provider=desk&cursor=${String(first.body['nextCursor'])}`);
    expect(answer.status).toBe(400);
    expect(placesOf(answer)).toEqual(['cursor']);
  });

  it('go with their tasks, credential and schedule, but not while a task runs', async () => {
    const taskId = await api.task(id, { schedule: { kind: 'interval', everySeconds: 60 } });
    await api.call('POST', `${root}/${id}/connect/api-key`, { body: { kind: 'api-key', key: 'a-long-enough-key' } });
    const execution = sampleExecution('demo', { integrationId: id, taskId, state: 'waiting' });
    await api.deps.runs.executions.write({ tenantId: 'demo' } as never, { kind: 'create', document: execution });
    expect((await api.call('DELETE', `${root}/${id}`)).body.code).toBe('already-running');
    expect((await api.call('DELETE', `${root}/${id}/tasks/${taskId}`)).body.code).toBe('already-running');
    expect(api.deps.integrations.all()[0]).toMatchObject({ enabled: true, connection: { state: 'connected' } });
    await api.deps.runs.executions.write({ tenantId: 'demo' } as never, {
      kind: 'upsert',
      document: { ...execution, state: 'failed' },
    });
    expect((await api.call('DELETE', `${root}/${id}`)).status).toBe(204);
    expect([...api.deps.integrations.all(), ...api.deps.tasks.all(), ...api.deps.due.all()]).toEqual([]);
    expect(api.deps.secrets.size).toBe(0);
  });

  it('leave a trail of every change', async () => {
    await api.call('PATCH', `${root}/${id}`, { body: { name: 'x', enabled: false } });
    await api.call('POST', `${root}/${id}/connect/api-key`, { body: { kind: 'none' } });
    await api.call('POST', `${root}/${id}/disconnect`);
    await api.call('DELETE', `${root}/${id}`);
    const trail = api.deps.audit.all().map(({ action, subject, actor }) => [action, subject, actor.id]);
    expect(trail).toEqual(
      [
        'integration.created',
        'integration.updated',
        'connection.connected',
        'connection.disconnected',
        'integration.deleted',
      ].map((action) => [action, id, 'user of demo']),
    );
  });

  describe('connection', () => {
    const connect = (body: object) => api.call('POST', `${root}/${id}/connect/api-key`, { body });
    const test = () => api.call('POST', `${root}/${id}/connection/test`);
    const connection = () => api.deps.integrations.all()[0]?.connection;

    it('shows at most the last four characters of a key, and none of a short one', async () => {
      expect((await connect({ kind: 'api-key', key: 'abcdefghijkl' })).body['hint']).toBe('…ijkl');
      expect((await connect({ kind: 'api-key', key: 'abcdefghijk' })).body['hint']).toBeUndefined();
      expect(
        (await connect({ kind: 'basic', username: 'me', password: 'a-very-long-password' })).body['hint'],
      ).toBeUndefined();
    });

    it('moves its fence forward and names a new version with each credential', async () => {
      await connect({ kind: 'api-key', key: 'first' });
      const first = connection();
      await connect({ kind: 'api-key', key: 'second' });
      expect(connection()?.fence).toBe((first?.fence ?? 0) + 1);
      expect(connection()?.secretVersion).not.toBe(first?.secretVersion);
    });

    it('refuses a way that the provider does not have', async () => {
      expect(placesOf(await connect({ kind: 'bearer', token: 'x' }))).toEqual(['/kind']);
    });

    it('keeps when its credential ends, apart from the secret', async () => {
      const expiresAt = '2030-06-01T00:00:00.000Z';
      const answer = await connect({ kind: 'api-key', key: 'right', expiresAt: '2030-06-01T00:00:00Z' });
      expect(answer.body).toMatchObject({ state: 'connected', expiresAt });
      expect((await test()).body['works']).toBe(true);
      expect(api.desk.seen).toEqual([{ kind: 'api-key', key: 'right' }]);
      expect(connection()?.expiresAt).toBe(expiresAt);
      await connect({ kind: 'api-key', key: 'without end' });
      expect(connection()?.expiresAt).toBeUndefined();
    });

    it('refuses a credential that has ended already', async () => {
      const answer = await connect({ kind: 'api-key', key: 'old', expiresAt: api.deps.now().toISOString() });
      expect([answer.status, placesOf(answer)]).toEqual([400, ['/expiresAt']]);
      expect(connection()).toBeUndefined();
    });

    it('is tested with the credential that holds, and remembers what came of it', async () => {
      expect((await test()).body.code).toBe('not-connected');
      await connect({ kind: 'api-key', key: 'right' });
      expect((await test()).body).toEqual({ works: true, durationMs: 0 });
      expect(api.desk.seen).toEqual([{ kind: 'api-key', key: 'right' }]);
      expect(connection()).toMatchObject({ state: 'connected', checkedAt: expect.any(String) });
      expect(api.deps.audit.all().map((entry) => entry.action)).toContain('credential.used');
    });

    it.each<[AdapterFailureKind, string]>([
      ['credentials-rejected', 'failing'],
      ['forbidden', 'failing'],
      ['unexpected-response', 'failing'],
      ['unavailable', 'connected'],
      ['rate-limited', 'connected'],
    ])('that meets %s is %s afterwards, and well again with the next success', async (kind, state) => {
      await connect({ kind: 'none' });
      api.desk.seen.push({ kind: 'none' });
      api.desk.onCheck = () => {
        throw new AdapterFailure(kind, 'The desk said no.');
      };
      expect((await test()).body).toMatchObject({ works: false, problem: 'The desk said no.' });
      expect(connection()).toMatchObject({ state, problem: 'The desk said no.' });
      api.desk.onCheck = () => undefined;
      await test();
      expect(connection()?.state).toBe('connected');
      expect(connection()?.problem).toBeUndefined();
    });

    it('that was changed during its test is not judged by it', async () => {
      await connect({ kind: 'api-key', key: 'old' });
      api.desk.onCheck = async () => {
        await connect({ kind: 'api-key', key: 'new' });
        throw new AdapterFailure('credentials-rejected', 'The old key is refused.');
      };
      expect((await test()).body['works']).toBe(false);
      expect(connection()).toMatchObject({ state: 'connected', fence: 2 });
    });

    it('answers 500 to a bug of an adapter', async () => {
      await connect({ kind: 'none' });
      api.desk.onCheck = () => {
        throw new TypeError('undefined is not a function');
      };
      expect((await test()).status).toBe(500);
    });

    it('is erased with its credential by a disconnect, also a second time', async () => {
      await connect({ kind: 'api-key', key: 'a-key' });
      for (let round = 0; round < 2; round += 1) {
        const { status, body } = await api.call('POST', `${root}/${id}/disconnect`);
        expect([status, body]).toEqual([200, { integrationId: id, state: 'not-connected' }]);
        expect(api.deps.secrets.size).toBe(0);
      }
    });

    it.each([
      ['secrets', 'put', 'before the new credential is stored'],
      ['integrations', 'replace', 'before the document names it'],
    ])('that a disconnect crosses at %s %s (%s) works', async (port, verb) => {
      await connect({ kind: 'api-key', key: 'old' });
      api.deps.faults.onOperation = async (operation) => {
        if (operation.port !== port || operation.verb !== verb) return;
        api.deps.faults.onOperation = undefined;
        await api.call('POST', `${root}/${id}/disconnect`);
      };
      expect((await connect({ kind: 'api-key', key: 'new' })).status).toBe(200);
      expect((await test()).body['works']).toBe(true);
      expect(api.desk.seen).toEqual([{ kind: 'api-key', key: 'new' }]);
    });

    it.each([
      ['secrets', 'erase', 'before the old credential is erased'],
      ['integrations', 'replace', 'before the document forgets it'],
    ])('that is made while a disconnect is at %s %s (%s) is undone as a whole', async (port, verb) => {
      await connect({ kind: 'api-key', key: 'old' });
      api.deps.faults.onOperation = async (operation) => {
        if (operation.port !== port || operation.verb !== verb) return;
        api.deps.faults.onOperation = undefined;
        await connect({ kind: 'api-key', key: 'new' });
      };
      expect((await api.call('POST', `${root}/${id}/disconnect`)).status).toBe(200);
      expect([connection(), api.deps.secrets.size]).toEqual([undefined, 0]);
    });
  });
});
