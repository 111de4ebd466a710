import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../../local/azurite.ts';
import { ask, commonJsSettings, type RunningHost, runHost } from './run-host.ts';

interface Run {
  readonly name: string;
  readonly timer: { isPastDue: boolean; scheduleStatus?: { last: string; next: string; lastUpdated: string } };
  readonly retryContext?: { retryCount: number; maxRetryCount: number; exception: { message: string } };
  readonly at: number;
  readonly overlaps?: boolean;
}

const HOUR_MS = 3_600_000;
const patience = { timeout: 30_000, interval: 100 };

let azurite: Azurite;
const hosts: RunningHost[] = [];

const startHost = async (hostId: string, more: Record<string, string> = {}): Promise<RunningHost> => {
  const settings = {
    ...more,
    ...commonJsSettings(azurite.connectionString),
    AzureFunctionsWebHost__hostid: hostId,
    AzureFunctionsJobHost__singleton__listenerLockRecoveryPollingInterval: '00:00:00.2',
  };
  const host = await runHost('commonjs', settings);
  hosts.push(host);
  return host;
};
const runsOf = async (host: RunningHost, name: string): Promise<Run[]> =>
  (await ask<Run[]>(host, 'runs')).filter((run) => run.name === name);
const statusBlob = (hostId: string, name: string) =>
  BlobServiceClient.fromConnectionString(azurite.connectionString)
    .getContainerClient('azure-webjobs-hosts')
    .getBlockBlobClient(`timers/${hostId}/Host.Functions.${name}/status`);

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  await azurite.close();
});

test('schedules, runOnStartup, retries, no overlap, and what is kept of a schedule', async () => {
  const host = await startHost('schedules');
  await expect.poll(async () => (await runsOf(host, 'everySecond')).length, patience).toBeGreaterThan(2);
  const [dense] = await runsOf(host, 'everySecond');
  expect(dense?.timer).toEqual({ isPastDue: false, schedule: { adjustForDST: true } });

  const [atStart] = await runsOf(host, 'yearlyAtStart');
  expect(atStart?.timer).toMatchObject({ isPastDue: false, scheduleStatus: { last: '0001-01-01T00:00:00' } });
  expect(atStart?.timer.scheduleStatus?.next).toMatch(/^\d{4}-01-01T00:00:00\.000Z$/);
  expect(await runsOf(host, 'yearly')).toEqual([]);

  const retried = await runsOf(host, 'retried');
  expect(retried.map((run) => run.retryContext?.retryCount)).toEqual([undefined, 1, 2]);
  expect(retried[2]?.retryContext).toMatchObject({ maxRetryCount: 2, exception: { message: 'failing on purpose' } });

  await expect.poll(async () => (await runsOf(host, 'neverTwice')).length, patience).toBeGreaterThan(1);
  expect((await runsOf(host, 'neverTwice')).every((run) => run.overlaps === false)).toBe(true);

  const kept = JSON.parse((await statusBlob('schedules', 'yearly').downloadToBuffer()).toString()) as { Next: string };
  expect(kept.Next).toMatch(/^\d{4}-01-01T00:00:00\.000Z$/);
  expect(await statusBlob('schedules', 'everySecond').exists()).toBe(false);
  await host.stop();
});

const keepStatus = async (hostId: string, name: string, lastUpdated: number, next: number): Promise<void> => {
  await BlobServiceClient.fromConnectionString(azurite.connectionString)
    .getContainerClient('azure-webjobs-hosts')
    .createIfNotExists();
  const toText = (ms: number): string => new Date(ms).toISOString();
  const status = { Last: toText(lastUpdated), Next: toText(next), LastUpdated: toText(lastUpdated) };
  await statusBlob(hostId, name).uploadData(Buffer.from(JSON.stringify(status)));
};

test('the zone of WEBSITE_TIME_ZONE says when a day begins', async () => {
  const host = await startHost('zoned', { WEBSITE_TIME_ZONE: 'Asia/Tokyo' });
  await expect.poll(async () => (await runsOf(host, 'yearlyAtStart')).length, patience).toBe(1);
  const [atStart] = await runsOf(host, 'yearlyAtStart');
  expect(atStart?.timer.scheduleStatus?.next).toMatch(/^\d{4}-12-31T15:00:00\.000Z$/);
});

test('a run that was missed while no host was there runs once, past due', async () => {
  const now = Date.now();
  await keepStatus('missed', 'everyTwoHours', now - 7 * HOUR_MS, now - 5 * HOUR_MS);
  const host = await startHost('missed');
  await expect.poll(() => runsOf(host, 'everyTwoHours'), patience).toHaveLength(1);
  const [run] = await runsOf(host, 'everyTwoHours');
  expect(run?.timer.isPastDue).toBe(true);
  await expect
    .poll(async () => {
      const kept = JSON.parse((await statusBlob('missed', 'everyTwoHours').downloadToBuffer()).toString()) as {
        Next: string;
      };
      return Date.parse(kept.Next) > Date.now();
    }, patience)
    .toBe(true);
  await host.stop();

  const again = await startHost('missed');
  await expect.poll(() => runsOf(again, 'yearlyAtStart'), patience).toHaveLength(1);
  expect(await runsOf(again, 'everyTwoHours')).toEqual([]);
  await again.stop();
});

test('a missed run that two hosts find runs once', async () => {
  const now = Date.now();
  await keepStatus('missedByTwo', 'everyTwoHours', now - 7 * HOUR_MS, now - 5 * HOUR_MS);
  const [first, second] = await Promise.all([startHost('missedByTwo'), startHost('missedByTwo')]);
  // Each timer of each host has looked at its lock by now: one of them has it, and its clock runs.
  const clock = async (): Promise<number> =>
    (await runsOf(first, 'everySecond')).length + (await runsOf(second, 'everySecond')).length;
  await expect.poll(clock, patience).toBeGreaterThan(2);
  const missed = async () => [...(await runsOf(first, 'everyTwoHours')), ...(await runsOf(second, 'everyTwoHours'))];
  await expect.poll(missed, patience).toHaveLength(1);
  const ticks = await clock();
  await expect.poll(clock, patience).toBeGreaterThan(ticks + 1);
  expect(await missed()).toMatchObject([{ timer: { isPastDue: true } }]);
  await Promise.all([first.stop(), second.stop()]);
});

test('a schedule that was changed in the meantime has missed nothing', async () => {
  const now = Date.now();
  await keepStatus('changed', 'everyTwoHours', now - 7 * HOUR_MS, now - 6 * HOUR_MS);
  const host = await startHost('changed');
  await expect.poll(() => runsOf(host, 'yearlyAtStart'), patience).toHaveLength(1);
  await expect
    .poll(async () => {
      const kept = JSON.parse((await statusBlob('changed', 'everyTwoHours').downloadToBuffer()).toString()) as {
        Next: string;
      };
      return Date.parse(kept.Next) - Date.now() > HOUR_MS;
    }, patience)
    .toBe(true);
  expect(await runsOf(host, 'everyTwoHours')).toEqual([]);
  await host.stop();
});

test('of two hosts one runs the timers; when it is killed the other takes over', async () => {
  const first = await startHost('shared');
  await expect.poll(async () => (await runsOf(first, 'everySecond')).length, patience).toBeGreaterThan(0);
  await expect.poll(() => runsOf(first, 'yearlyAtStart'), patience).toHaveLength(1);
  const second = await startHost('shared');
  const before = (await runsOf(first, 'everySecond')).length;
  await expect.poll(async () => (await runsOf(first, 'everySecond')).length, patience).toBeGreaterThan(before + 1);
  expect(await runsOf(second, 'everySecond')).toEqual([]);
  expect(await runsOf(second, 'yearlyAtStart')).toEqual([]);
  await first.stop('SIGKILL');
  await expect.poll(async () => (await runsOf(second, 'everySecond')).length, patience).toBeGreaterThan(1);
  await expect.poll(() => runsOf(second, 'yearlyAtStart'), patience).toHaveLength(1);
  await second.stop();
});

test('a timer whose lock another host holds waits for it, and stops when the lock is taken away', async () => {
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
    'azure-webjobs-hosts',
  );
  await container.createIfNotExists();
  const lock = container.getBlockBlobClient('locks/held/Host.Functions.everySecond.Listener');
  await lock.uploadData(Buffer.alloc(0));
  const other = lock.getBlobLeaseClient();
  await other.acquireLease(-1);

  const host = await startHost('held');
  const count = async (name: string): Promise<number> => (await runsOf(host, name)).length;
  await expect.poll(() => count('neverTwice'), patience).toBeGreaterThan(0);
  expect(await count('everySecond')).toBe(0);
  await other.releaseLease();
  await expect.poll(() => count('everySecond'), patience).toBeGreaterThan(1);

  await other.breakLease(0);
  await other.acquireLease(-1);
  await expect.poll(() => host.stderr(), patience).toContain('everySecond] The lock cannot be renewed');
  const [ran, clock] = [await count('everySecond'), await count('neverTwice')];
  await expect.poll(() => count('neverTwice'), patience).toBeGreaterThan(clock + 1);
  expect(await count('everySecond')).toBeLessThanOrEqual(ran + 1);
  await other.releaseLease();
  await expect.poll(() => count('everySecond'), patience).toBeGreaterThan(ran + 1);
  await host.stop();
});
