import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../../local/start/twin.ts';
import { loadCassette } from '../../kit/cassettes/cassette.ts';
import { CassettePlayer } from '../../kit/cassettes/player.ts';
import { textsWith } from '../../kit/find-secret.ts';
import { customRestCase as given } from './custom-rest-case.ts';
import { type FixtureServer, startFixtureServer } from './fixture-server.ts';

let server: FixtureServer;
let folder: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  server = await startFixtureServer();
  folder = await mkdtemp(join(tmpdir(), 'cassettes-'));
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await server.close();
  await rm(folder, { recursive: true });
});

function start(args: readonly string[], variables: Readonly<Record<string, string>>): ChildProcess {
  child = spawn(process.execPath, ['tests/kit/cassettes/main.ts', ...args], {
    cwd: projectRoot,
    env: { ...env, ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return child;
}

async function end(process: ChildProcess): Promise<{ code: number | null; says: string }> {
  let says = '';
  process.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    says += chunk;
  });
  const [code] = await once(process, 'close');
  return { code, says };
}

test('records calls of an adapter', async () => {
  server.answerWith(given.provider);
  const key = given.credential.kind === 'api-key' ? given.credential.key : '';
  const settings = join(folder, 'settings.json');
  const out = join(folder, 'calls', 'companies.json');
  await writeFile(settings, JSON.stringify(given.settings(server.origin)));
  const what = ['calls', '--provider', 'custom-rest', '--settings', settings, '--object', given.object, '--out', out];
  const how = ['--credential', 'api-key:CRM_KEY', '--page-size', '2', '--pages', '9', '--private'];
  const { code, says } = await end(start([...what, ...how], { CRM_KEY: key }));
  expect(says).toContain('5 calls, which brought 7 records');
  expect(code).toBe(0);
  expect((await loadCassette(out)).interactions).toHaveLength(5);
  expect(textsWith(key, [await readFile(out, 'utf8'), says])).toEqual([]);
});

test('records deliveries on their way to the app', async () => {
  server.answerWith(({ body, headers }) => ({ status: 202, json: { got: body, signature: headers['x-signature'] } }));
  const out = join(folder, 'deliveries.json');
  const args = ['deliveries', '--to', server.origin, '--out', out, '--secret', 'SIGNING'];
  const process = start(args, { SIGNING: 'the signing secret' });
  const [line] = await once(process.stderr ?? fail(), 'data');
  const url = /Recording at (\S+);/.exec(String(line))?.[1];
  const ended = end(process);
  const answer = await fetch(`${url}/api/webhooks/a/b?x=1`, {
    method: 'POST',
    headers: { 'x-signature': 'v1=abc', authorization: 'Bearer the signing secret' },
    body: '{"id": 1}\n',
  });
  expect([answer.status, await answer.json()]).toEqual([202, { got: '{"id": 1}\n', signature: 'v1=abc' }]);
  process.kill('SIGINT');
  expect((await ended).code).toBe(0);
  const player = new CassettePlayer(await loadCassette(out));
  const played = player.nextDelivery();
  expect(played).toMatchObject({ method: 'POST', url: '/api/webhooks/a/b?x=1', answer: { status: 202 } });
  expect(played?.headers).toMatchObject({ 'x-signature': 'v1=abc', authorization: 'Bearer redacted.SIGNING.' });
  expect(String(played?.body)).toBe('{"id": 1}\n');
  player.finish();
});

test('says which variable is missing', async () => {
  const args = ['deliveries', '--to', server.origin, '--out', join(folder, 'none.json'), '--secret', 'NOT_THERE'];
  expect(await end(start(args, {}))).toEqual({ code: 1, says: 'The environment has no variable NOT_THERE.\n' });
});

function fail(): never {
  throw new Error('it has no output');
}
