import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DurableApp, runApp } from './run-app.ts';

const patience = { timeout: 40_000, interval: 25 };
let folder: string;
let app: DurableApp | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-versions-'));
});
afterEach(async () => {
  await app?.host.stop();
  app = undefined;
  await rm(folder, { recursive: true });
});

/** Ends what runs and starts a release of the app on the same task hub. */
const deploy = async (release: string, durableTask: Record<string, unknown>): Promise<DurableApp> => {
  await app?.host.stop();
  const settings = Object.entries(durableTask).map(([name, value]) => [
    `AzureFunctionsJobHost__extensions__durableTask__${name}`,
    String(value),
  ]);
  app = await runApp({
    app: `releases/${release}`,
    directory: join(folder, 'hubs'),
    env: Object.fromEntries(settings) as Record<string, string>,
  });
  return app;
};

describe('a deploy that changes an orchestrator while instances run', () => {
  test('by versions: the old ones go the old way, the new ones the new', async () => {
    const one = await deploy('one', { defaultVersion: '1.0' });
    const old = await one.start('order', 'A');
    await one.reach(old, 'Running');
    const two = await deploy('two', { defaultVersion: '2.0' });
    const fresh = await two.start('order', 'B');
    const pinned = (await two.client('startNew', 'order', { input: 'C', version: '1.0' })) as string;
    for (const id of [old, fresh, pinned]) await two.client('raiseEvent', id, 'paid', 1);
    expect((await two.end(old)).output).toEqual(['1.0', 'reserve A', 'ship A']);
    expect((await two.end(fresh)).output).toEqual(['2.0', 'reserve B', 'pack B', 'ship B']);
    expect((await two.end(pinned)).output).toEqual(['1.0', 'reserve C', 'ship C']);
  });

  test('without versions it is caught: the instance fails and says why', async () => {
    const one = await deploy('one', {});
    const id = await one.start('order', 'A');
    await one.reach(id, 'Running');
    const careless = await deploy('careless', {});
    await careless.client('raiseEvent', id, 'paid', 1);
    expect(await careless.end(id)).toMatchObject({
      runtimeStatus: 'Failed',
      output: expect.stringContaining('Non-Deterministic workflow detected'),
    });
  });

  test('that removes an orchestrator fails its instances, as the extension does', async () => {
    const one = await deploy('one', {});
    const id = await one.start('retired');
    await one.reach(id, 'Running');
    const two = await deploy('two', {});
    await two.client('raiseEvent', id, 'go', 1);
    expect(await two.end(id)).toMatchObject({
      runtimeStatus: 'Failed',
      output: expect.stringContaining(
        "The function 'retired' doesn't exist, is disabled, or is not an orchestrator function",
      ),
    });
  });

  test('that removes an activity fails those who have asked for it', async () => {
    const one = await deploy('one', {});
    const id = await one.start('lingers');
    await one.reach(id, 'Running');
    await one.host.stop('SIGKILL');
    const two = await deploy('two', {});
    expect(await two.end(id)).toMatchObject({
      runtimeStatus: 'Failed',
      output: expect.stringContaining("The function 'linger' doesn't exist"),
    });
  });
});

describe('an app that may not run a version', () => {
  test('leaves its instances for one that may (Reject, the default)', async () => {
    const two = await deploy('two', { defaultVersion: '2.0' });
    const id = await two.start('order', 'A');
    await two.reach(id, 'Running');
    const one = await deploy('one', { defaultVersion: '1.0' });
    await one.client('raiseEvent', id, 'paid', 1);
    await expect.poll(() => one.host.stderr(), patience).toContain('is greater than the worker version');
    expect((await one.status(id)).runtimeStatus).toBe('Running');
    const again = await deploy('two', { defaultVersion: '2.0' });
    expect((await again.end(id)).output).toEqual(['2.0', 'reserve A', 'pack A', 'ship A']);
  });

  test('fails them where it is told to', async () => {
    const two = await deploy('two', { defaultVersion: '2.0' });
    const id = await two.start('order', 'A');
    await two.reach(id, 'Running');
    const one = await deploy('one', { defaultVersion: '1.0', versionFailureStrategy: 'fail' });
    await one.client('raiseEvent', id, 'paid', 1);
    expect(await one.end(id)).toMatchObject({
      runtimeStatus: 'Failed',
      output: "The orchestration version '2.0' is greater than the worker version '1.0'.",
    });
  });

  test('Strict takes its own version only, None takes all', async () => {
    const one = await deploy('one', { defaultVersion: '1.0' });
    const id = await one.start('order', 'A');
    await one.reach(id, 'Running');
    const strict = await deploy('two', { defaultVersion: '2.0', versionMatchStrategy: 'Strict' });
    await strict.client('raiseEvent', id, 'paid', 1);
    await expect.poll(() => strict.host.stderr(), patience).toContain('does not match the worker version');
    const all = await deploy('two', { defaultVersion: '0.1', versionMatchStrategy: 'None' });
    expect((await all.end(id)).output).toEqual(['1.0', 'reserve A', 'ship A']);
  });
});

describe('wrong settings are start errors', () => {
  test.each([
    ['versionMatchStrategy', 'Sometimes'],
    ['maxConcurrentActivityFunctions', '0'],
    ['hubName', '1-hub'],
    ['overridableExistingInstanceStates', 'AnyState'],
  ])('%s', async (name, value) => {
    await expect(deploy('one', { [name]: value })).rejects.toThrow(name);
  });

  test('unknown ones are told of', async () => {
    const copy = join(folder, 'copy');
    await cp(resolve(import.meta.dirname, 'apps/releases/one'), copy, { recursive: true });
    const host = { version: '2.0', extensions: { durableTask: { hubName: 'Copy1', extendedSessionsEnabled: true } } };
    await writeFile(join(copy, 'host.json'), JSON.stringify(host));
    await writeFile(
      join(copy, 'main.cjs'),
      `require(${JSON.stringify(resolve(import.meta.dirname, 'apps/releases/one/main.cjs'))});`,
    );
    app = await runApp({ app: copy, directory: join(folder, 'hubs') });
    expect(app.host.stderr()).toContain('"extensions.durableTask.extendedSessionsEnabled" is ignored by this host');
  });
});
