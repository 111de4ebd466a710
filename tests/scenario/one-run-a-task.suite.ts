import { expect, type TestAPI } from 'vitest';
import { z } from 'zod';
import { task as taskAnswer } from '../../shared/contracts/tasks.ts';
import type { DueDocument } from '../../shared/core/documents/due.ts';
import { dueKey } from '../../shared/core/due.ts';
import { openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import type { RunningTwin } from '../kit/running-twin.ts';
import { createTenant, refusalOf, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const records = 60;
const isDue = { kind: 'interval', everySeconds: 60 } as const;
const everyMinute = { kind: 'cron', expression: '* * * * *', timeZone: 'Europe/Ljubljana' } as const;

/** A task. */
export function oneRunSuite(it: TestAPI, room: () => RunningTwin): void {
  /** A tenant whose CRM answers so slowly that a run takes a few seconds. */
  const withSlowTenant = async (
    test: (tenant: TenantOnTwin) => Promise<void>,
    schedule: typeof isDue | { kind: 'manual' } = { kind: 'manual' },
  ): Promise<void> => {
    const crm = await openOwnCrm({ contacts: records });
    try {
      await crm.setFaults({ kind: 'slow', ms: 500 });
      await test(await createTenant(room(), { crm, task: { pageSize: 20, schedule } }));
    } finally {
      await crm.close();
    }
  };

  it('is run by the clock, by interval and by cron, and not while it is disabled', async () => {
    const crm = await openOwnCrm({ contacts: records });
    const create = (schedule: typeof isDue | typeof everyMinute, enabled: boolean) =>
      createTenant(room(), { crm, task: { schedule, enabled } });
    try {
      const [byInterval, byCron, idleInterval, idleCron] = await Promise.all([
        create(isDue, true),
        create(everyMinute, true),
        create(isDue, false),
        create(everyMinute, false),
      ]);
      const planned = await Promise.all([byInterval.task(), byCron.task()]);
      for (const [index, tenant] of [byInterval, byCron].entries()) {
        const { nextRunAt: announced = '', createdAt = '' } = planned[index] ?? {};
        expect(announced > createdAt).toBe(true);
        const run = await pollUntil(
          'A run that nobody asked for',
          async () => (await tenant.executions()).at(-1),
          90_000,
        );
        expect(await tenant.follow(run.id)).toMatchObject({
          trigger: 'schedule',
          state: 'succeeded',
          counts: { created: records },
        });
        expect(run.createdAt >= announced).toBe(true);
        const moved = await pollUntil('The next run', async () => {
          const { nextRunAt = '' } = await tenant.task();
          return nextRunAt > announced ? nextRunAt : undefined;
        });
        expect(Date.parse(moved)).toBeGreaterThan(Date.parse(run.createdAt));
      }
      for (const tenant of [idleInterval, idleCron]) {
        expect((await tenant.task()).nextRunAt).toBeUndefined();
        expect(await tenant.executions()).toEqual([]);
      }
      const path = `${byCron.base}/tasks/${byCron.taskId}`;
      const paused = await byCron.client.call('PATCH', path, taskAnswer, { enabled: false });
      expect(paused.nextRunAt).toBeUndefined();
      expect(await readDue(room(), byCron)).toBeUndefined();
    } finally {
      await crm.close();
    }
  });

  it('has one run: of two that start it at once, one gets 202 and one 409', () =>
    withSlowTenant(async (tenant) => {
      const path = `${room().twin.api()}/${tenant.base}/tasks/${tenant.taskId}/run`;
      const answers = await Promise.all([1, 2].map(() => fetch(path, { method: 'POST', headers: tenant.headers })));
      expect(answers.map((answer) => answer.status).sort()).toEqual([202, 409]);
      const bodies = await Promise.all(answers.map((answer) => answer.json() as Promise<Record<string, unknown>>));
      expect(bodies.map((body) => body['code'] ?? body['state']).sort()).toEqual(['already-running', 'queued']);
      const [run, ...others] = await tenant.executions();
      expect(others).toEqual([]);
      expect(await tenant.follow(run?.id ?? '')).toMatchObject({ state: 'succeeded', counts: { created: records } });
    }));

  it('is neither started nor deleted while it runs, and both afterwards', () =>
    withSlowTenant(async (tenant) => {
      const run = await tenant.start();
      const refused = { status: 409, code: 'already-running' };
      const deleteTask = () => tenant.client.call('DELETE', `${tenant.base}/tasks/${tenant.taskId}`, z.undefined());
      const deleteIntegration = () => tenant.client.call('DELETE', tenant.base, z.undefined());
      expect(await refusalOf(tenant.start())).toEqual(refused);
      expect(await refusalOf(deleteTask())).toEqual(refused);
      expect(await refusalOf(deleteIntegration())).toEqual(refused);
      expect(await tenant.follow(run.id)).toMatchObject({ state: 'succeeded', counts: { created: records } });
      expect(await tenant.run()).toMatchObject({ state: 'succeeded' });
      await deleteTask();
      await deleteIntegration();
      expect(await refusalOf(tenant.start())).toEqual({ status: 404, code: 'not-found' });
      expect(await tenant.shards('contact')).toHaveLength(records);
    }));

  it('that is due while it runs is left out, and due again', () =>
    withSlowTenant(async (tenant) => {
      const announced = (await tenant.task()).nextRunAt ?? '';
      const run = await tenant.start();
      const due = await readDue(room(), tenant);
      if (due === undefined) throw new Error('The task is not due');
      await room()
        .database.container('due')
        .items.upsert({ ...due, dueAt: new Date().toISOString() });
      await pollUntil('The warning', () =>
        room().log.find((line) => line.includes('a scheduled run was left out') && line.includes(tenant.taskId)),
      );
      await pollUntil('The next run', async () => ((await tenant.task()).nextRunAt ?? '') > announced || undefined);
      expect(await tenant.executions()).toHaveLength(1);
      expect(await tenant.follow(run.id)).toMatchObject({ state: 'succeeded', counts: { created: records } });
    }, isDue));
}

async function readDue(room: RunningTwin, tenant: TenantOnTwin): Promise<DueDocument | undefined> {
  const { id, bucket } = dueKey('schedule', tenant.tenantId, tenant.taskId);
  return (await room.database.container('due').item(id, bucket).read<DueDocument>()).resource;
}
