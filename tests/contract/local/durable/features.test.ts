import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DurableApp, runApp, type Status } from './run-app.ts';

let folder: string;
let app: DurableApp;
let server: Server;
let serverUrl: string;
const polls = new Map<string, number>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-features-'));
  app = await runApp({ directory: join(folder, 'hubs'), env: { NOTES_FILE: join(folder, 'notes') } });
  server = createServer((request, response) => {
    const path = request.url ?? '';
    const count = (polls.get(path) ?? 0) + 1;
    polls.set(path, count);
    if (path.startsWith('/job')) {
      // Accepted, then asked for twice more, relative to where it was started.
      response.writeHead(202, { location: '/poll/1', 'retry-after': '0' }).end();
    } else if (path.startsWith('/poll') && count < 2) {
      response.writeHead(202, { location: path, 'retry-after': '0' }).end();
    } else {
      response.writeHead(200, { 'content-type': 'text/plain' }).end(`${request.method} ${path}`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  serverUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(async () => {
  await app.host.stop();
  server.close();
  await rm(folder, { recursive: true });
});

const output = async (name: string, input?: unknown, id?: string): Promise<unknown> => {
  const status = await app.run(name, input, id);
  expect(status.runtimeStatus, String(status.output)).toBe('Completed');
  return status.output;
};
const failure = async (name: string, input?: unknown): Promise<string> => {
  const status = await app.run(name, input);
  expect(status.runtimeStatus).toBe('Failed');
  return String(status.output);
};

describe('activities', () => {
  test('run one after the other', async () => {
    expect(await output('chain', ['a', 'b'])).toEqual(['Hello, a!', 'Hello, b!']);
  });
  test('fan out and in', async () => {
    expect(await output('fanOut', 300)).toBe(44_850);
  });
  test('get and give values of every kind unchanged', async () => {
    const values = ['text', '5', '', 0, null, { a: [1, 'é', 'quote \' " \\'] }, true, 1.5, null];
    expect(await output('inputs', { x: 'ü' })).toEqual({ result: values, input: { x: 'ü' }, parent: null });
  });
  test('fail with an error that can be caught', async () => {
    expect(await output('catches')).toMatch(/^Activity function 'boom' failed: caught \n /);
  });
  test('that do not exist fail the orchestration, as the extension does', async () => {
    expect(await failure('callsMissing')).toContain("The function 'nowhere' doesn't exist");
  });
  test('tell what an app adds to its failures', async () => {
    expect(await output('failureDetails')).toEqual({ type: 'TypeError', properties: { code: 7 }, message: 'detailed' });
  });
});

describe('failures', () => {
  test('of the orchestrator end the instance', async () => {
    expect(await failure('fails')).toBe("Orchestrator function 'fails' failed: on purpose");
  });
  test('that nobody catches do so too', async () => {
    expect(await failure('uncaught')).toContain(
      "Orchestrator function 'uncaught' failed: Activity function 'boom' failed",
    );
  });
});

describe('retry policies', () => {
  test('try again until it works', async () => {
    expect(await output('retries', { failures: 2, attempts: 3 })).toBe(3);
  });
  test('give up after the last attempt', async () => {
    expect(await output('retries', { failures: 9, attempts: 3 })).toBe(
      "gave up: Activity function 'flaky' failed: attempt 3 failed",
    );
  });
  test('number their timers and attempts beside other tasks', async () => {
    expect(await output('retriesAside')).toEqual([true, 'after', [2, 'd'], 'last']);
  });
  test('make no attempt after their time limit', async () => {
    expect(await output('retriesInTime')).toBe("Activity function 'flaky' failed: attempt 1 failed");
  });
});

describe('sub-orchestrations', () => {
  test('get an input and a parent, under an id of their own or a chosen one', async () => {
    const id = await app.start('parent');
    const { output: result } = await app.end(id);
    expect(result).toMatchObject({ child: { input: { from: 'parent' }, parent: id }, named: ['Hello, child!'] });
    expect((await app.status(`${id}-child`)).output).toEqual(['Hello, child!']);
  });
  test('are tried again by a retry policy', async () => {
    expect(await output('parentRetries')).toBe(3);
  });
  test('fail with an error that can be caught', async () => {
    expect(await output('parentOfFailing')).toContain("Orchestrator function 'fails' failed: on purpose");
  });
  test.each([['@list@x'], ['a/b#c?d'], ['x'.repeat(101)]])(
    'are refused an id that no instance may have: %s',
    async (child) => {
      expect(await output('childWithId', child)).toContain('is not valid: 1 to 100 characters');
    },
  );
  test('are refused the id of an instance that has not ended', async () => {
    const taken = await app.start('waits');
    expect(await output('childWithId', taken)).toContain('has not ended');
    await app.client('terminate', taken, 'over');
  });
});

describe('timers', () => {
  test('fire when they are due, not before', async () => {
    expect(await output('timer', 200)).toBe(true);
  });
  test('that are more than six days off are kept in slices of three days', async () => {
    const id = await app.start('timer', 40 * 24 * 3_600_000);
    await expect
      .poll(async () => (await app.status(id, '?showHistory=true')).historyEvents?.length, { timeout: 40_000 })
      .toBeGreaterThan(0);
    expect((await app.status(id)).runtimeStatus).toBe('Running');
    await app.client('terminate', id, 'over');
    await app.reach(id, 'Terminated');
  });
  test('that nobody has cancelled keep the instance running, as in Azure', async () => {
    const id = await app.start('forgetsTimer', { ms: 3_600_000, cancels: false });
    await expect.poll(async () => (await app.status(id)).customStatus, { timeout: 40_000 }).toBe('returned');
    expect((await app.status(id)).runtimeStatus).toBe('Running');
    await app.client('terminate', id, 'over');
  });
  test('that have fired do not any more', async () => {
    expect(await output('forgetsTimer', { ms: 300, cancels: false })).toBe('fast');
  });
  test('that are cancelled do not', async () => {
    expect(await output('forgetsTimer', { ms: 3_600_000, cancels: true })).toBe('fast');
  });
});

describe('Task.all', () => {
  test('lets nothing follow a failure before all of its tasks have ended, as .NET does', async () => {
    const id = await app.start('failsFast');
    await expect.poll(async () => (await app.status(id)).customStatus, { timeout: 40_000 }).toBe('compensating');
    const notes = async () => (await readFile(join(folder, 'notes'), 'utf8').catch(() => '')).includes('compensated');
    expect(await notes()).toBe(false);
    await app.client('raiseEvent', id, 'release', 1);
    expect((await app.end(id)).output).toBe('compensated');
    expect(await notes()).toBe(true);
  });
});

describe('external events', () => {
  test('are kept until they are waited for, by name', async () => {
    const id = await app.start('waits', ['first', 'second', 'first']);
    await app.client('raiseEvent', id, 'second', { b: 2 });
    await app.client('raiseEvent', id, 'first', 1);
    await app.client('raiseEvent', id, 'first', null);
    expect((await app.end(id)).output).toEqual([1, { b: 2 }, null]);
  });
  test('win against a deadline', async () => {
    const id = await app.start('approval');
    await app.client('raiseEvent', id, 'approve', { by: 'Ana' });
    expect((await app.end(id)).output).toEqual({ by: 'Ana' });
  });
});

describe('HTTP calls', () => {
  test('answer with status, content and the next step', async () => {
    expect(await output('http', { url: `${serverUrl}/plain`, enablePolling: false })).toEqual({
      statusCode: 200,
      content: 'POST /plain',
      after: 'after',
    });
  });
  test('follow a 202 until there is another answer', async () => {
    expect(await output('http', { url: `${serverUrl}/job` })).toEqual({
      statusCode: 200,
      content: 'GET /poll/1',
      after: 'after',
    });
  });
  test('do not when they are asked not to', async () => {
    expect(await output('http', { url: `${serverUrl}/job`, enablePolling: false })).toMatchObject({ statusCode: 202 });
  });
  test('that get no answer fail', async () => {
    expect(await output('httpFails', 'http://127.0.0.1:1/')).toContain('failed: The HTTP call failed');
  });
});

describe('continue-as-new', () => {
  test('begins anew with another input', async () => {
    expect(await output('counts', 5)).toBe('done');
  });
  test('makes JSON of a text twice, as the extension does', async () => {
    expect(await output('continuesWithText', 'first')).toBe('"second"');
  });
  test('loses no event that came with the one before', async () => {
    const id = await app.start('eternal', { left: 5, seen: [] });
    await Promise.all([1, 2, 3, 4, 5].map((value) => app.client('raiseEvent', id, 'next', value)));
    const seen = (await app.end(id)).output as number[];
    expect(seen.toSorted()).toEqual([1, 2, 3, 4, 5]);
  });
  test('sends the signals of the same turn', async () => {
    const id = await app.start('signalsAndContinues', 3);
    expect((await app.end(id)).output).toBe(3);
  });
});

describe('entities', () => {
  test('are called, signalled, and signal each other', async () => {
    const id = await app.start('entityCalls');
    expect((await app.end(id)).output).toEqual({ first: 2, second: 5, third: 5, failure: true, last: 5 });
    const other = { entity: ['counter', `${id}-other`] };
    await expect
      .poll(() => app.client('readEntityState', other), { timeout: 40_000 })
      .toEqual({ entityExists: true, entityState: 5 });
  });
  test('cannot be locked below schema V4', async () => {
    expect(await failure('locks')).toContain(
      'lock requires a Durable Functions extension that supports OOProc schema V4',
    );
  });
  test('are signalled, read and deleted by clients', async () => {
    const counter = { entity: ['Counter', 'of-client'] };
    expect(await app.client('readEntityState', counter)).toEqual({ entityExists: false });
    for (let count = 0; count < 20; count++) await app.client('signalEntity', counter, 'add', 2);
    await expect
      .poll(() => app.client('readEntityState', counter), { timeout: 40_000 })
      .toEqual({ entityExists: true, entityState: 40 });
    await app.client('signalEntity', counter, 'delete');
    await expect
      .poll(() => app.client('readEntityState', counter), { timeout: 40_000 })
      .toEqual({ entityExists: false });
  });
  test('mix with failing retries', async () => {
    expect(await output('mixed')).toEqual({ caught: "Activity function 'boom' failed: never", value: 5 });
  });
});

describe('an instance', () => {
  test('shows its custom status', async () => {
    const id = await app.start('status');
    await expect.poll(async () => (await app.status(id)).customStatus, { timeout: 40_000 }).toEqual({ step: 1 });
    await app.client('raiseEvent', id, 'go', 1);
    expect(await app.end(id)).toMatchObject({ customStatus: 'almost', output: 'ok' });
  });
  test('is terminated with a reason', async () => {
    const id = await app.start('waits');
    await app.client('terminate', id, 'no longer needed');
    expect(await app.end(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'no longer needed' });
  });
  test('holds back what arrives while it is suspended', async () => {
    const id = await app.start('waits');
    await app.client('suspend', id, 'a pause');
    await app.reach(id, 'Suspended');
    await app.client('raiseEvent', id, 'go', 1);
    expect((await app.status(id)).runtimeStatus).toBe('Suspended');
    await app.client('resume', id, 'go on');
    expect((await app.end(id)).output).toEqual([1]);
  });
  test('is terminated while it is suspended', async () => {
    const id = await app.start('waits');
    await app.client('suspend', id, 'a pause');
    await app.reach(id, 'Suspended');
    await app.client('terminate', id, 'over');
    await app.reach(id, 'Terminated');
  });
  test('knows when it replays', async () => {
    const status: Status = await app.run('replays');
    expect(status.output).toMatchObject({ isReplaying: false, version: null });
    expect(await readFile(join(folder, 'notes'), 'utf8')).toContain('replaying false');
  });
  test('takes over the id of an ended one', async () => {
    await app.run('chain', ['once'], 'reused');
    expect((await app.run('chain', ['again'], 'reused')).output).toEqual(['Hello, again!']);
  });
});
