import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DurableApp, runApp, type Status } from './run-app.ts';

let folder: string;
let app: DurableApp;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-api-'));
  app = await runApp({ directory: join(folder, 'hubs') });
});
afterAll(async () => {
  await app.host.stop();
  await rm(folder, { recursive: true });
});

const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${app.api}/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
const JSON_TYPE = { 'content-type': 'application/json' };
const list = async (response: Response): Promise<Status[]> => (await response.json()) as Status[];

describe('starting', () => {
  test('answers 202 with links that work', async () => {
    const response = await ask('POST', 'orchestrators/waits', ['go']);
    expect(response.status).toBe(202);
    expect(response.headers.get('retry-after')).toBe('10');
    const links = (await response.json()) as Record<string, string>;
    expect(Object.keys(links)).toEqual([
      'id',
      'statusQueryGetUri',
      'sendEventPostUri',
      'terminatePostUri',
      'rewindPostUri',
      'purgeHistoryDeleteUri',
      'restartPostUri',
      'suspendPostUri',
      'resumePostUri',
    ]);
    expect(response.headers.get('location')).toBe(links['statusQueryGetUri']);
    const sent = await fetch(links['sendEventPostUri']?.replace('{eventName}', 'go') ?? '', {
      method: 'POST',
      headers: JSON_TYPE,
      body: '5',
    });
    expect(sent.status).toBe(202);
    expect((await app.end(links['id'] ?? '')).output).toEqual([5]);
    const purged = await fetch(links['purgeHistoryDeleteUri'] ?? '', { method: 'DELETE' });
    expect(await purged.json()).toEqual({ instancesDeleted: 1 });
    expect((await fetch(links['statusQueryGetUri'] ?? '')).status).toBe(404);
  });

  test('under an id that is not Latin answers with addresses of it', async () => {
    const id = 'Ljubljana 日本🦊';
    const response = await ask('POST', `orchestrators/chain/${encodeURIComponent(id)}`, ['x']);
    expect(response.status).toBe(202);
    const status = await fetch(response.headers.get('location') ?? '');
    expect(await status.json()).toMatchObject({ instanceId: id });
    expect((await app.end(id)).output).toEqual(['Hello, x!']);
  });

  test.each([
    ['an unknown function', 'orchestrators/nobody', '', 400],
    ['no JSON', 'orchestrators/chain', '{', 400],
    ['an id that begins with @', 'orchestrators/chain/@x@y', '', 400],
    ['an id with #', 'orchestrators/chain/a%23b', '', 400],
    ['an id of 101 characters', `orchestrators/chain/${'x'.repeat(101)}`, '', 400],
    ['another task hub', 'orchestrators/chain?taskHub=Other', '', 400],
  ])('refuses %s', async (_, path, body, status) => {
    const response = await ask('POST', path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty('Message');
  });

  test('refuses the id of an instance that has not ended', async () => {
    await app.start('waits', ['go'], 'taken');
    expect((await ask('POST', 'orchestrators/waits/taken', ['go'])).status).toBe(409);
    await expect(app.start('waits', ['go'], 'taken')).rejects.toThrow('already exists');
  });

  test('can wait for the end', async () => {
    const done = await ask('POST', 'orchestrators/chain?timeout=10&pollingInterval=0.05', ['x']);
    expect([done.status, await done.json()]).toEqual([200, ['Hello, x!']]);
    const failed = await ask('POST', 'orchestrators/fails?timeout=10&pollingInterval=0.05');
    expect(await failed.json()).toMatchObject({ runtimeStatus: 'Failed' });
    const open = await ask('POST', 'orchestrators/waits?timeout=0.2&pollingInterval=0.05', ['go']);
    expect(open.status).toBe(202);
  });
});

describe('the status', () => {
  test('is 202 with a place to ask again while it runs, 200 once it has ended', async () => {
    const id = await app.start('waits', ['go']);
    await app.reach(id, 'Running');
    const running = await ask('GET', `instances/${id}`);
    expect([running.status, running.headers.get('retry-after')]).toEqual([202, '5']);
    const again = new URL(running.headers.get('location') ?? '');
    expect(again.pathname).toBe(`/runtime/webhooks/durabletask/instances/${id}`);
    expect((await fetch(again)).status).toBe(202);
    expect(await running.json()).toMatchObject({ name: 'waits', input: ['go'], output: null, customStatus: null });
    await app.client('raiseEvent', id, 'go', 1);
    await app.end(id);
    expect((await ask('GET', `instances/${id}`)).status).toBe(200);
    expect(await (await ask('GET', `instances/${id}?showInput=false`)).json()).toMatchObject({ input: null });
  });

  test('of a failure is 500 for those who ask for that', async () => {
    const { instanceId } = await app.run('fails');
    expect((await ask('GET', `instances/${instanceId}`)).status).toBe(200);
    expect((await ask('GET', `instances/${instanceId}?returnInternalServerErrorOnFailure=true`)).status).toBe(500);
  });

  test('shows the history, with results for those who ask for them', async () => {
    const { instanceId } = await app.run('chain', ['a', 'b']);
    const plain = (await app.status(instanceId, '?showHistory=true')).historyEvents ?? [];
    expect(plain.map((event) => event['EventType'])).toEqual([
      'ExecutionStarted',
      'TaskCompleted',
      'TaskCompleted',
      'ExecutionCompleted',
    ]);
    expect(plain[1]).toMatchObject({ FunctionName: 'hello', ScheduledTime: expect.any(String) });
    expect(plain[1]).not.toHaveProperty('Result');
    const full = (await app.status(instanceId, '?showHistory=true&showHistoryOutput=true')).historyEvents ?? [];
    expect(full[1]).toMatchObject({ Result: 'Hello, a!' });
    expect(full[3]).toMatchObject({ OrchestrationStatus: 'Completed', Result: ['Hello, a!', 'Hello, b!'] });
  });

  test('of nobody is 404', async () => {
    expect((await ask('GET', 'instances/nobody')).status).toBe(404);
    await expect(app.client('getStatus', 'nobody')).rejects.toThrow('HTTP 404');
  });
});

describe('lists', () => {
  test('are paged, filtered by prefix, status and time, and complete for the client', async () => {
    const from = new Date().toISOString();
    for (let index = 0; index < 7; index++) await app.run('chain', ['x'], `page-${index}`);
    const ids: string[] = [];
    let token = '';
    do {
      const response = await ask('GET', 'instances/?top=3&instanceIdPrefix=page-', undefined, {
        'x-ms-continuation-token': token,
      });
      const page = await list(response);
      expect(page.length).toBeLessThanOrEqual(3);
      ids.push(...page.map(({ instanceId }) => instanceId));
      token = response.headers.get('x-ms-continuation-token') ?? '';
    } while (token !== '');
    expect(ids).toEqual(Array.from({ length: 7 }, (_, index) => `page-${index}`));
    const completed = await list(await ask('GET', 'instances/?runtimeStatus=Completed&instanceIdPrefix=page-'));
    expect(completed).toHaveLength(7);
    expect(await list(await ask('GET', 'instances/?runtimeStatus=Failed&instanceIdPrefix=page-'))).toEqual([]);
    expect(await list(await ask('GET', `instances/?createdTimeTo=${from}&instanceIdPrefix=page-`))).toEqual([]);
    const all = (await app.client('getStatusAll')) as readonly unknown[];
    expect(all.length).toBeGreaterThanOrEqual(7);
    expect((await ask('GET', 'instances/', undefined, { 'x-ms-continuation-token': '?' })).status).toBe(400);
    expect((await ask('GET', 'instances/?createdTimeFrom=someday')).status).toBe(400);
    expect((await ask('GET', 'instances/?top=none')).status).toBe(400);
  });
});

describe('operations', () => {
  test('on an ended instance are gone, on nobody not found', async () => {
    const { instanceId } = await app.run('chain', ['x']);
    for (const operation of ['terminate', 'suspend', 'resume']) {
      expect((await ask('POST', `instances/${instanceId}/${operation}?reason=x`)).status).toBe(410);
      expect((await ask('POST', `instances/nobody/${operation}?reason=x`)).status).toBe(404);
    }
    expect((await ask('POST', `instances/${instanceId}/raiseEvent/go`, '1', JSON_TYPE)).status).toBe(410);
    expect((await ask('POST', 'instances/nobody/raiseEvent/go', '1', JSON_TYPE)).status).toBe(404);
    expect((await ask('POST', `instances/${instanceId}/dance`)).status).toBe(404);
  });

  test('events must be JSON and say so', async () => {
    const id = await app.start('waits', ['go']);
    expect((await ask('POST', `instances/${id}/raiseEvent/go`, '1', { 'content-type': 'text/plain' })).status).toBe(
      400,
    );
    expect((await ask('POST', `instances/${id}/raiseEvent/go`, '{', JSON_TYPE)).status).toBe(400);
    await app.client('terminate', id, 'over');
  });

  test('rewind is refused with a clear word', async () => {
    const failed = await app.run('fails');
    const completed = await app.run('chain', ['x']);
    await expect(app.client('rewind', failed.instanceId, 'again')).rejects.toThrow(
      'Rewind is not supported by this host',
    );
    expect((await ask('POST', `instances/${completed.instanceId}/rewind?reason=x`)).status).toBe(412);
    expect((await ask('POST', 'instances/nobody/rewind?reason=x')).status).toBe(404);
  });

  test('restart begins anew, under a new id or the same', async () => {
    const { instanceId } = await app.run('chain', ['again']);
    const response = await ask('POST', `instances/${instanceId}/restart`);
    const { id } = (await response.json()) as { id: string };
    expect(id).not.toBe(instanceId);
    expect((await app.end(id)).output).toEqual(['Hello, again!']);
    const same = await ask('POST', `instances/${instanceId}/restart?restartWithNewInstanceId=false`);
    expect(await same.json()).toMatchObject({ id: instanceId });
    expect((await app.end(instanceId)).output).toEqual(['Hello, again!']);
    expect((await ask('POST', 'instances/nobody/restart')).status).toBe(400);
  });

  test('purge takes ended instances, one or many', async () => {
    const open = await app.start('waits', ['go'], 'purge-open');
    expect((await ask('DELETE', 'instances/purge-open')).status).toBe(412);
    await app.run('chain', ['x'], 'purge-1');
    expect(await app.client('purgeInstanceHistory', 'purge-1')).toEqual({ instancesDeleted: 1 });
    expect(await app.client('purgeInstanceHistory', 'purge-1')).toEqual({ instancesDeleted: 0 });
    const createdTimeFrom = new Date().toISOString();
    await app.run('chain', ['x'], 'purge-2');
    await app.run('fails', null, 'purge-3');
    expect(await app.client('purgeInstanceHistoryBy', { createdTimeFrom, runtimeStatus: ['Failed'] })).toEqual({
      instancesDeleted: 1,
    });
    expect(await app.client('purgeInstanceHistoryBy', { createdTimeFrom })).toEqual({ instancesDeleted: 1 });
    expect(await app.client('purgeInstanceHistoryBy', { createdTimeFrom })).toEqual({ instancesDeleted: 0 });
    expect((await ask('DELETE', 'instances/')).status).toBe(400);
    expect((await app.status(open)).runtimeStatus).toBe('Running');
  });

  test('a purged id can be used again while others are purged', async () => {
    for (let round = 0; round < 20; round++) {
      await app.run('chain', ['x'], 'phoenix');
      const [purge, start] = await Promise.all([
        ask('DELETE', 'instances/phoenix'),
        ask('POST', 'orchestrators/chain/phoenix', ['x']),
      ]);
      expect([purge.status, start.status].every((status) => [200, 202, 404, 412].includes(status))).toBe(true);
      if ((await ask('GET', 'instances/phoenix')).status !== 404) await app.end('phoenix');
    }
  });
});

describe('entities', () => {
  test('are read, signalled, listed and deleted', async () => {
    expect((await ask('GET', 'entities/counter/api')).status).toBe(404);
    expect((await ask('POST', 'entities/Counter/api?op=add', '4', JSON_TYPE)).status).toBe(202);
    await expect.poll(async () => (await ask('GET', 'entities/counter/api')).status, { timeout: 40_000 }).toBe(200);
    expect(await (await ask('GET', 'entities/counter/api')).json()).toBe(4);
    const listed = (await (await ask('GET', 'entities/counter?fetchState=true')).json()) as Record<string, unknown>[];
    expect(listed).toContainEqual({
      entityId: { name: 'counter', key: 'api' },
      lastOperationTime: expect.any(String),
      state: 4,
    });
    expect(await (await ask('GET', 'entities/nothing')).json()).toEqual([]);
    expect((await ask('DELETE', 'entities/counter/api')).status).toBe(202);
    await expect.poll(async () => (await ask('GET', 'entities/counter/api')).status, { timeout: 40_000 }).toBe(404);
    expect((await ask('POST', 'entities/nothing/x?op=add')).status).toBe(400);
  });
});

describe('the host', () => {
  test('keeps web pages away from the port that asks for no key', async () => {
    const hub = JSON.parse(await readFile(join(folder, 'hubs', 'Features.sqlite.owner'), 'utf8')) as { url: string };
    const start = (headers: Record<string, string>) =>
      fetch(`${hub.url}orchestrators/chain`, { method: 'POST', body: '["x"]', headers });
    expect((await start({})).status).toBe(202);
    expect((await start({ origin: 'https://example.org' })).status).toBe(403);
    expect((await fetch(new URL('/elsewhere', hub.url))).status).toBe(421);
  });
  test('does not start functions of Durable Functions by themselves', async () => {
    for (const name of ['chain', 'echo', 'counter']) {
      const url = `${app.host.ready.url}/admin/functions/${name}`;
      expect((await fetch(url, { method: 'POST', headers: JSON_TYPE, body: '{"input":"x"}' })).status).toBe(400);
    }
  });
});

describe('keys', () => {
  test("the public API asks for its system key, the app's own client for none", async () => {
    const keysFile = join(folder, 'keys.json');
    const guarded = await runApp({ directory: join(folder, 'guarded'), args: ['--keys-file', keysFile] });
    try {
      const { systemKeys, masterKey, functionKeys } = JSON.parse(await readFile(keysFile, 'utf8')) as {
        systemKeys: Record<string, string>;
        masterKey: string;
        functionKeys: Record<string, string>;
      };
      const key = systemKeys['durabletask_extension'] ?? '';
      const status = async (code: string) => (await fetch(`${guarded.api}/instances/?code=${code}`)).status;
      expect([await status(''), await status('wrong'), await status(functionKeys['default'] ?? '')]).toEqual([
        401, 401, 401,
      ]);
      expect([await status(key), await status(masterKey)]).toEqual([200, 200]);
      const id = await guarded.start('waits', ['go']);
      const links = (await guarded.client('createHttpManagementPayload', id)) as Record<string, string>;
      expect(new URL(links['statusQueryGetUri'] ?? '').searchParams.get('code')).toBe(key);
      expect((await fetch(links['statusQueryGetUri'] ?? '')).status).toBe(202);
    } finally {
      await guarded.host.stop();
    }
  });
});
