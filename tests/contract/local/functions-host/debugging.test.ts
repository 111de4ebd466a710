import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningHost, runHost } from './run-host.ts';

const SOURCE = `import { app } from '@azure/functions';

interface Answer { readonly body: string }

app.http('stops', { handler: (): Answer => {
  const text: string = 'here';
  return { body: text };
} });
app.http('throws', { handler: (): Answer => {
  throw new Error('thrown in the source');
} });
`;
const LINE_OF_THROW = 10;

let folder: string;
let host: RunningHost;

/** An app of a TypeScript source, bundled with a source map beside it, in a host that a debugger may join. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'debugging-test-'));
  await mkdir(join(folder, 'source'));
  await writeFile(join(folder, 'source/app.ts'), SOURCE);
  await build({
    entryPoints: [join(folder, 'source/app.ts')],
    outfile: join(folder, 'dist/main.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    sourcemap: 'linked',
    external: ['@azure/functions-core'],
    nodePaths: [join(import.meta.dirname, '../../../../node_modules')],
    logLevel: 'silent',
  });
  await writeFile(join(folder, 'package.json'), '{ "main": "dist/main.cjs" }');
  await writeFile(join(folder, 'host.json'), '{ "version": "2.0" }');
  host = await runHost(folder, { NODE_OPTIONS: '--enable-source-maps --inspect=127.0.0.1:0' });
});
afterAll(async () => {
  await host.stop();
  await rm(folder, { recursive: true });
});

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
}

/** Speaks the debugger's protocol with the host. */
const attach = async () => {
  const url = /Debugger listening on (ws:\S+)/.exec(host.stderr())?.[1] ?? '';
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  const waiting = new Map<number | string, (message: Message) => void>();
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    const key = message.id ?? message.method ?? '';
    waiting.get(key)?.(message);
    waiting.delete(key);
  });
  const next = (key: number | string) => new Promise<Message>((resolve) => waiting.set(key, resolve));
  let id = 0;
  return {
    next,
    send: (method: string, params: object = {}): Promise<Message> => {
      id++;
      const answer = next(id);
      socket.send(JSON.stringify({ id, method, params }));
      return answer;
    },
    close: () => socket.close(),
  };
};

/** From 0, in the bundle. */
const lineOf = async (text: string): Promise<number> => {
  const lines = (await readFile(join(folder, 'dist/main.cjs'), 'utf8')).split('\n');
  return lines.findIndex((line) => line.includes(text));
};

test('a breakpoint in the app stops a request, and lets it go on', async () => {
  const debug = await attach();
  await debug.send('Debugger.enable');
  // The place of "return" in the bundle; an editor finds it by the source map.
  const set = await debug.send('Debugger.setBreakpointByUrl', {
    urlRegex: 'dist/main\\.cjs$',
    lineNumber: await lineOf('body: text'),
  });
  expect(set.result?.['locations']).toHaveLength(1);
  const paused = debug.next('Debugger.paused');
  const answer = fetch(`${host.ready.url}/api/stops`);
  expect((await paused).params?.['hitBreakpoints']).toHaveLength(1);
  await debug.send('Debugger.resume');
  expect(await (await answer).text()).toBe('here');
  debug.close();
});

test('stack traces name the lines of the source', async () => {
  expect((await fetch(`${host.ready.url}/api/throws`)).status).toBe(500);
  expect(host.stderr()).toMatch(new RegExp(`source/app\\.ts:${LINE_OF_THROW}:`));
});
