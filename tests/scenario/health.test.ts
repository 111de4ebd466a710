import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { connection } from '../../shared/contracts/connections.ts';
import type { EventType } from '../../shared/contracts/event-schemas.ts';
import { event } from '../../shared/contracts/events.ts';
import { integrationHealth } from '../../shared/contracts/integration-health.ts';
import { pageOf } from '../../shared/contracts/page.ts';
import { openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, refusalOf, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

type Shown = z.infer<typeof integrationHealth>;

const healthPage = pageOf(integrationHealth).loose();
const dayMs = 86_400_000;

describe('the health of an integration', () => {
  let room: RunningTwin;
  let crm: Awaited<ReturnType<typeof openOwnCrm>>;
  let tenant: TenantOnTwin;

  beforeAll(async () => {
    room = await runTwin();
    crm = await openOwnCrm({ contacts: 20 });
    tenant = await createTenant(room, { crm });
  });

  afterAll(async () => {
    await crm?.close();
    await room?.close();
  });

  /** For these reasons: an earlier look may have found others that make it the same. */
  const untilIs = (health: Shown['health'], ...codes: string[]): Promise<Shown> =>
    pollUntil(`The health ${health} for ${codes.join()}`, async () => {
      const [shown] = (await tenant.client.call('GET', 'health/integrations', healthPage)).items;
      const found = shown?.reasons.map(({ code }) => code).sort();
      return shown?.health === health && found?.join() === codes.join() ? shown : undefined;
    });
  const told = async (type: EventType) =>
    (await tenant.client.call('GET', `tenant/events?type=${type}`, pageOf(event))).items;

  it('is good after a good run', async () => {
    expect((await tenant.run()).state).toBe('succeeded');
    await untilIs('healthy');
    expect(await told('sync.completed')).toHaveLength(1);
    expect(await told('integration.error')).toEqual([]);
  });

  it('is failing when the provider rejects the key: the connection is paused, and people are told', async () => {
    await crm.setFaults({ kind: 'error', status: 401 });
    expect((await tenant.run()).state).toBe('failed');
    const { reasons } = await untilIs('failing', 'connection-failing', 'run-failed');
    expect(reasons.map(({ message }) => message).join()).toMatch(/does not accept the credential \(401\)/);
    const [error] = await pollUntil('The event', async () => {
      const events = await told('integration.error');
      return events.length > 0 ? events : undefined;
    });
    expect(error).toMatchObject({ data: { integrationId: tenant.integrationId, health: 'failing' } });
    expect(await told('sync.failed')).toHaveLength(1);
    expect(await refusalOf(tenant.start())).toEqual({ status: 409, code: 'not-connected' });
  });

  it('is good again after a connect and a good run, and warns of a credential that ends soon', async () => {
    await crm.setFaults();
    const expiresAt = new Date(Date.now() + 3 * dayMs).toISOString();
    const body = { kind: 'api-key', key: crm.apiKey, expiresAt };
    const shown = await tenant.client.call('POST', `${tenant.base}/connect/api-key`, connection, body);
    expect(shown.expiresAt).toBe(expiresAt);
    expect((await tenant.run()).state).toBe('succeeded');
    const { reasons } = await untilIs('degraded', 'credential-expiring');
    expect(reasons).toMatchObject([{ message: expect.stringContaining(expiresAt) }]);
    const [warning] = await pollUntil('The warning', async () => {
      const events = await told('connection.expiring');
      return events.length > 0 ? events : undefined;
    });
    expect(warning?.data).toMatchObject({ integrationId: tenant.integrationId, expiresAt });
    await tenant.connect(crm.apiKey);
    await untilIs('healthy');
    expect(await told('connection.expiring')).toHaveLength(1);
  });

  it('stands beside the numbers of the queue in the log, which no tenant sees', () => {
    const lines = room.log.filter((line) => line.includes('"message":"the work queue"'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines[0]).toMatch(/"queue":"sync-pages","depth":\d+,"oldestSeconds":\d+,"poison":0/);
  });
});
