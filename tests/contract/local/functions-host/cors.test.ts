import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type RunningHost, runHost } from './run-host.ts';

const ORIGIN = 'https://portal.example';

let folder: string;
let host: RunningHost;

/** The streaming app with a local.settings.json of its own. */
const start = async (settings: object): Promise<void> => {
  folder = await mkdtemp(join(tmpdir(), 'cors-test-'));
  await cp(join(import.meta.dirname, 'apps/es-module'), folder, { recursive: true });
  const library = fileURLToPath(import.meta.resolve('@azure/functions'));
  await symlink(join(dirname(library), '../../..'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'local.settings.json'), JSON.stringify({ Host: settings }));
  host = await runHost(folder, {});
};
afterEach(async () => {
  await host.stop();
  await rm(folder, { recursive: true });
});

const call = (method: string, origin: string, more: Record<string, string> = {}): Promise<Response> =>
  fetch(`${host.ready.url}/echo/1`, { method, headers: { origin, ...more } });
const preflight = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-one, x-two' };

test('an origin of the list may read answers and is told so before it asks; others are not', async () => {
  await start({ CORS: `${ORIGIN},http://localhost:3000`, CORSCredentials: true });
  const answer = await call('GET', ORIGIN);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
  expect(answer.headers.get('vary')).toBe('Origin');

  // The app has no function for OPTIONS and none for PUT: it is not asked.
  const allowed = await call('OPTIONS', ORIGIN, preflight);
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-methods')).toBe('PUT');
  expect(allowed.headers.get('access-control-allow-headers')).toBe('x-one, x-two');

  const other = await call('OPTIONS', 'https://evil.example', preflight);
  expect(other.headers.has('access-control-allow-origin')).toBe(false);
  expect(other.headers.has('access-control-allow-methods')).toBe(false);
  const read = await call('GET', 'https://evil.example');
  expect(read.status).toBe(200);
  expect(read.headers.has('access-control-allow-origin')).toBe(false);
});

test('with * every origin may read answers', async () => {
  await start({ CORS: '*' });
  const answer = await call('GET', 'https://any.example');
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
  expect((await call('OPTIONS', 'https://any.example', preflight)).status).toBe(204);
  expect((await call('OPTIONS', 'https://any.example')).status).toBe(404);
});
