import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ApiProblem } from '../../local/start/api-client.ts';
import { failedRecord, logEntry } from '../../shared/contracts/execution-details.ts';
import { execution, followExecution } from '../../shared/contracts/executions.ts';
import { pageOf } from '../../shared/contracts/page.ts';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, type Execution, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const records = 80;
const pageSize = 10;
type Verb = 'pause' | 'resume' | 'cancel';

/** Some contacts of the demo CRM have no job title. */
const mapping = (required: boolean) => [
  { object: 'contacts', shardTypeId: 'contact', fields: [{ from: 'jobTitle', to: 'jobTitle', required }] },
];

const news = followExecution.success.body ?? z.never();

/** One test after the other: they kill the host. */
describe('a run that people steer', () => {
  let room: RunningTwin;

  beforeAll(async () => {
    // Leases and watch for hosts that die in tests.
    room = await runTwin({ appEnvironment: { ENGINE_LEASE_MS: '10000', ENGINE_WATCH_MS: '1000' } });
  });

  afterAll(async () => {
    await room?.close();
  });

  const withTenant = async (
    test: (tenant: TenantOnTwin, crm: CrmControl) => Promise<void>,
    task: object = {},
  ): Promise<void> => {
    const crm = await openOwnCrm({ contacts: records });
    try {
      await crm.setFaults({ kind: 'slow', ms: 500 });
      await test(await createTenant(room, { crm, task: { pageSize, objects: mapping(false), ...task } }), crm);
    } finally {
      await crm.close();
    }
  };

  const ask = (tenant: TenantOnTwin, verb: Verb, id: string) =>
    tenant.client.call('POST', `${tenant.base}/executions/${id}/${verb}`, execution);

  const hasRead = (tenant: TenantOnTwin, id: string, pages: number) =>
    pollUntil(`Page ${pages}`, async () => ((await tenant.execution(id)).pages >= pages ? true : undefined));

  /** What the run is like once nothing has happened to it for two seconds. */
  const rest = (tenant: TenantOnTwin, id: string): Promise<Execution> => {
    let version = '';
    return pollUntil('Quiet', async () => {
      const query = version === '' ? '' : `?waitSeconds=2&after=${version}`;
      const seen = await tenant.client.call('GET', `${tenant.base}/executions/${id}/progress${query}`, news);
      if (seen.version === version) return seen.execution;
      version = seen.version;
      return undefined;
    });
  };

  /** The host dies while it does what was asked. */
  const askAndKill = async (work: () => Promise<unknown>): Promise<void> => {
    const asked = work().catch(() => undefined);
    await room.twin.stopApp('SIGKILL');
    await asked;
    await room.twin.restartApp();
  };

  const statesOf = async (tenant: TenantOnTwin, id: string): Promise<string[]> => {
    const path = `${tenant.base}/executions/${id}/logs?event=state-changed&limit=100`;
    const { items } = await tenant.client.call('GET', path, pageOf(logEntry));
    return items.map(({ data, actor }) => `${data?.['to']} by ${actor.kind}`).reverse();
  };

  /** The end of a run comes just before its task is free. */
  const whenFree = (start: () => Promise<Execution>): Promise<Execution> =>
    pollUntil('A free task', () =>
      start().catch((error: unknown) => {
        if (error instanceof ApiProblem && error.code === 'already-running') return undefined;
        throw error;
      }),
    );

  const expectAllThere = async (tenant: TenantOnTwin): Promise<void> => {
    const { id } = await whenFree(() => tenant.start('full'));
    expect(await tenant.follow(id)).toMatchObject({ state: 'succeeded', counts: { received: records } });
    expect((await tenant.stored()).size).toBe(records);
  };

  it('stops within a page, goes on where it was, and reads nothing twice', () =>
    withTenant(async (tenant, crm) => {
      const { id } = await tenant.start();
      await hasRead(tenant, id, 2);
      const paused = await ask(tenant, 'pause', id);
      expect(paused.state).toBe('paused');
      const resting = await rest(tenant, id);
      expect(resting.state).toBe('paused');
      expect(resting.pages - paused.pages).toBeLessThanOrEqual(1);
      expect((await ask(tenant, 'resume', id)).state).toBe('queued');
      const run = await tenant.follow(id);
      expect(run).toMatchObject({ state: 'succeeded', pages: records / pageSize, counts: { created: records } });
      expect(await statesOf(tenant, id)).toEqual([
        'queued by user',
        'running by system',
        'paused by user',
        'queued by user',
        'running by system',
        'succeeded by system',
      ]);
      // What was read ahead when the pause came is read again.
      expect((await crm.stats()).recordsServed['GET /v1/contacts']).toBeLessThanOrEqual(records + 2 * pageSize);
    }));

  it('is cancelled within a page, says what it applied, and the task is free', () =>
    withTenant(async (tenant) => {
      const { id } = await tenant.start();
      await hasRead(tenant, id, 2);
      const asked = await ask(tenant, 'cancel', id);
      const run = await tenant.follow(id);
      expect(run.state).toBe('cancelled');
      expect(run.pages - asked.pages).toBeLessThanOrEqual(1);
      expect(run.counts).toMatchObject({ received: run.pages * pageSize, created: (await tenant.stored()).size });
      await expectAllThere(tenant);
      expect((await tenant.execution(id)).state).toBe('cancelled');
    }));

  it('is paused, resumed and cancelled although the host is killed each time', () =>
    withTenant(async (tenant) => {
      const { id } = await tenant.start();
      await hasRead(tenant, id, 1);
      await askAndKill(() => ask(tenant, 'pause', id));
      await ask(tenant, 'pause', id);
      expect((await rest(tenant, id)).state).toBe('paused');
      await askAndKill(() => ask(tenant, 'resume', id));
      if ((await tenant.execution(id)).state === 'paused') await ask(tenant, 'resume', id);
      const { pages } = await tenant.execution(id);
      await hasRead(tenant, id, pages + 1);
      await askAndKill(() => ask(tenant, 'cancel', id));
      await ask(tenant, 'cancel', id);
      const run = await tenant.follow(id);
      expect(run).toMatchObject({ state: 'cancelled', counts: { created: (await tenant.stored()).size, failed: 0 } });
      await expectAllThere(tenant);
    }));

  it('that set records aside takes them after the mapping is fixed, one by one and all, also through a kill', () =>
    withTenant(
      async (tenant, crm) => {
        await crm.setFaults();
        const run = await tenant.run();
        const { failed, created } = run.counts;
        expect(run).toMatchObject({ state: 'partial', counts: { received: records } });
        expect(failed).toBeGreaterThan(10);
        const path = `${tenant.base}/executions/${run.id}/failed-records`;
        const list = async (state: string) =>
          (await tenant.client.call('GET', `${path}?state=${state}&limit=100`, pageOf(failedRecord))).items;
        const [first] = await list('failed');
        expect(first?.reason).toContain('jobTitle');
        const taskPath = `${tenant.base}/tasks/${tenant.taskId}`;
        await tenant.client.call('PATCH', taskPath, z.unknown(), { objects: mapping(false) });
        const one = await whenFree(() => tenant.client.call('POST', `${path}/${first?.id}/retry`, execution));
        expect(await tenant.follow(one.id)).toMatchObject({ state: 'succeeded', counts: { received: 1, created: 1 } });
        const retryPath = `${tenant.base}/executions/${run.id}/retry`;
        const all = await whenFree(() => tenant.client.call('POST', retryPath, execution, { records: 'failed' }));
        await room.twin.stopApp('SIGKILL');
        await room.twin.restartApp();
        expect(await tenant.follow(all.id)).toMatchObject({
          state: 'succeeded',
          retryOf: run.id,
          counts: { created: failed - 1 },
        });
        expect(await list('failed')).toEqual([]);
        expect((await list('resolved')).map(({ resolvedBy }) => resolvedBy).sort()).toEqual(
          [one.id, ...Array.from({ length: failed - 1 }, () => all.id)].sort(),
        );
        expect((await tenant.stored()).size).toBe(created + failed);
        const { items } = await tenant.client.call(
          'GET',
          `${tenant.base}/executions/${run.id}/logs?event=records-set-aside&limit=100`,
          pageOf(logEntry),
        );
        expect(items.reduce((sum, { data }) => sum + Number(data?.['failed']), 0)).toBe(failed);
      },
      { objects: mapping(true) },
    ));
});
