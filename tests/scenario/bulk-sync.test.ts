import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { z } from 'zod';
import { execution } from '../../shared/contracts/executions.ts';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, type Execution, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const records = 400;
const pageSize = 10;

const logPage = z.object({ items: z.array(z.looseObject({ message: z.string() })) });

interface Pair {
  readonly crm: CrmControl;
  readonly tenant: TenantOnTwin;
}

describe.concurrent('a bulk run', (it) => {
  let room: RunningTwin;

  beforeAll(async () => {
    room = await runTwin({
      appEnvironment: { ENGINE_LEASE_MS: '4000', ENGINE_WATCH_MS: '1000', ENGINE_PAGES_PER_SLICE: '3' },
    });
  });

  afterAll(async () => {
    await room?.close();
  });

  const withPair = async (test: (pair: Pair) => Promise<void>): Promise<void> => {
    const crm = await openOwnCrm({ contacts: records });
    try {
      await test({ crm, tenant: await createTenant(room, { crm, task: { pageSize, bulk: 'always' } }) });
    } finally {
      await crm.close();
    }
  };

  const expectWhole = async ({ crm, tenant }: Pair, run: Execution): Promise<void> => {
    expect(run).toMatchObject({ state: 'succeeded', counts: { created: records, failed: 0 } });
    const stored = await tenant.stored();
    expect([...stored.keys()].sort()).toEqual((await crm.list('contacts')).map((id) => `contacts ${id}`));
  };

  const ask = ({ client, base }: TenantOnTwin, id: string, verb: 'pause' | 'resume' | 'cancel') =>
    client.call('POST', `${base}/executions/${id}/${verb}`, execution);

  const untilReceived = ({ execution: read }: TenantOnTwin, id: string, count: number) =>
    pollUntil(`${count} records of ${id}`, async () => {
      const run = await read(id);
      return run.counts.received >= count ? run : undefined;
    });

  it('reads its ranges side by side, and a second one finds all unchanged', () =>
    withPair(async (pair) => {
      const run = await pair.tenant.run();
      await expectWhole(pair, run);
      expect(run.progress).toMatchObject({ phase: 'ended', partitions: 8 });
      expect(await pair.tenant.run('full')).toMatchObject({ state: 'succeeded', counts: { unchanged: records } });
      const { items } = await pair.tenant.client.call(
        'GET',
        `${pair.tenant.base}/executions/${run.id}/logs?event=partitioned`,
        logPage,
      );
      expect(items.map(({ message }) => message)).toEqual(['The run is read in 8 partitions.']);
    }));

  it('stops within a page when it is paused, and goes on from there', () =>
    withPair(async (pair) => {
      const { crm, tenant } = pair;
      await crm.setFaults({ kind: 'slow', ms: 200 });
      const { id } = await tenant.start();
      await untilReceived(tenant, id, 3 * pageSize);
      expect(await ask(tenant, id, 'pause')).toMatchObject({ state: 'paused' });
      const paused = await pollUntil('A quiet CRM', async () => {
        const before = (await crm.stats()).requests;
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const run = await tenant.execution(id);
        return JSON.stringify((await crm.stats()).requests) === JSON.stringify(before) ? run : undefined;
      });
      expect(paused.state).toBe('paused');
      await crm.setFaults();
      expect((await ask(tenant, id, 'resume')).state).toBe('queued');
      await expectWhole(pair, await tenant.follow(id));
    }));

  it('is cancelled within a page, and keeps what was applied', () =>
    withPair(async ({ crm, tenant }) => {
      await crm.setFaults({ kind: 'slow', ms: 200 });
      const { id } = await tenant.start();
      await untilReceived(tenant, id, 3 * pageSize);
      expect(['cancelling', 'cancelled']).toContain((await ask(tenant, id, 'cancel')).state);
      const ended = await tenant.follow(id);
      expect(ended.state).toBe('cancelled');
      expect(ended.counts.created).toBe((await tenant.stored()).size);
      expect(ended.counts.created).toBeLessThan(records);
      await crm.setFaults();
      expect(await tenant.run('full')).toMatchObject({
        state: 'succeeded',
        counts: { unchanged: ended.counts.created, created: records - ended.counts.created },
      });
    }));

  it('goes on under another orchestration when its own is terminated and forgotten', () =>
    withPair(async (pair) => {
      const { crm, tenant } = pair;
      await crm.setFaults({ kind: 'slow', ms: 100 });
      const { id } = await tenant.start();
      await untilReceived(tenant, id, 3 * pageSize);
      const ended = await terminateInstances(room, id);
      expect(ended).toContain(`${id}.g1`);
      await expectWhole(pair, await tenant.follow(id));
      const lost = await tenant.client.call('GET', `${tenant.base}/executions/${id}/logs?event=worker-lost`, logPage);
      expect(lost.items.length).toBeGreaterThan(0);
    }));

  const passing: readonly (readonly [string, object])[] = [
    ['500 in bursts', { kind: 'error', status: 500, times: 3 }],
    ['429 with a Retry-After in seconds', { kind: 'rate-limit', times: 3 }],
    ['429 with a Retry-After as a date', { kind: 'rate-limit', retryAfter: 'date', seconds: 1, times: 3 }],
    ['429 without a Retry-After', { kind: 'rate-limit', retryAfter: 'none', times: 3 }],
    ['a body that breaks off', { kind: 'truncated-body', times: 3 }],
    ['another content type', { kind: 'wrong-content-type', times: 3 }],
    ['an empty page in the middle', { kind: 'empty-page', times: 3 }],
    ['an expired cursor', { kind: 'expired-cursor', times: 1 }],
  ];

  for (const [name, fault] of passing) {
    it(`gets through ${name}`, () =>
      withPair(async (pair) => {
        await pair.crm.setFaults({ ...fault, match: { type: 'contacts', afterRequests: 6 } });
        await expectWhole(pair, await pair.tenant.run());
        expect(await pair.crm.struck()).not.toContain(0);
      }));
  }

  const lasting: readonly (readonly [string, RegExp, object])[] = [
    ['503', /not available \(503\)/, { kind: 'error', status: 503 }],
    ['broken JSON', /not valid JSON/, { kind: 'broken-json' }],
    ['a token that is revoked midway', /does not accept the credential \(401\)/, { kind: 'error', status: 401 }],
    ['cursors that always expire', /no longer knows the cursor/, { kind: 'expired-cursor' }],
  ];

  for (const [name, reason, fault] of lasting) {
    it(`ends failed with the reason when ${name} lasts, and deletes nothing`, () =>
      withPair(async ({ crm, tenant }) => {
        expect((await tenant.run()).state).toBe('succeeded');
        await crm.setFaults({ ...fault, match: { type: 'contacts', afterRequests: 6 } });
        const run = await tenant.run('full');
        expect(run.state).toBe('failed');
        expect(run.problem).toMatch(reason);
        expect(await tenant.shards('contact', 'deleted')).toEqual([]);
        expect((await tenant.stored()).size).toBe(records);
      }));
  }
});

const instances = z.array(z.looseObject({ instanceId: z.string(), runtimeStatus: z.string() }));

/** Ends the run's orchestration and its workers through the extension's management API, as a person with the key might. */
async function terminateInstances({ twin, dataDir }: RunningTwin, executionId: string): Promise<string[]> {
  const keys = z
    .looseObject({ systemKeys: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(join(dataDir, 'host-keys.json'), 'utf8')));
  const api = new URL('/runtime/webhooks/durabletask/', twin.api());
  const ask = async (method: string, path: string) => {
    const separator = path.includes('?') ? '&' : '?';
    const response = await fetch(new URL(`${path}${separator}code=${keys.systemKeys['durabletask_extension']}`, api), {
      method,
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    return response;
  };
  const found = instances.parse(await (await ask('GET', `instances?instanceIdPrefix=${executionId}`)).json());
  for (const { instanceId, runtimeStatus } of found)
    if (runtimeStatus === 'Running') await ask('POST', `instances/${instanceId}/terminate?reason=test`);
  return found.map(({ instanceId }) => instanceId);
}
