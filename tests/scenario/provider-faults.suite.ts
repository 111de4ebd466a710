import { expect, type TestAPI } from 'vitest';
import { connection } from '../../shared/contracts/connections.ts';
import type { TaskDocument } from '../../shared/core/documents/task.ts';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import type { RunningTwin } from '../kit/running-twin.ts';
import { createTenant, type FollowedRun, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const records = 100;
const pageSize = 20;
const pages = records / pageSize;
const attempts = 3;

/** A tenant with a CRM of its own, so that nobody else meets its faults. */
interface Pair {
  readonly crm: CrmControl;
  readonly tenant: TenantOnTwin;
}

/** A provider that fails. */
export function providerFaultsSuite(it: TestAPI, room: () => RunningTwin): void {
  const withPair = async (test: (pair: Pair) => Promise<void>, task: object = {}): Promise<void> => {
    const crm = await openOwnCrm({ contacts: records });
    try {
      const tenant = await createTenant(room(), { crm, task: { pageSize, deletions: 'mirror', ...task } });
      await test({ crm, tenant });
    } finally {
      await crm.close();
    }
  };

  /** All of them, once, and nothing deleted. */
  const expectWhole = async ({ crm, tenant }: Pair): Promise<void> => {
    const stored = await tenant.stored();
    expect([...stored.keys()].sort()).toEqual((await crm.list('contacts')).map((id) => `contacts ${id}`));
    expect([...stored.values()].filter((shard) => shard.status !== 'active')).toEqual([]);
  };

  const expectAllCreated = async (run: FollowedRun, pair: Pair): Promise<void> => {
    expect(run).toMatchObject({ state: 'succeeded', counts: { created: records, failed: 0 } });
    expect(run.problem).toBeUndefined();
    await expectWhole(pair);
  };

  const passing: readonly (readonly [string, RegExp, readonly object[]])[] = [
    // The longest first: the others run beside it.
    ['silence', /no complete answer within 30 seconds/, [{ kind: 'hang', times: 1 }]],
    ['500 without a Retry-After', /not available \(500\)/, [{ kind: 'error', status: 500, times: 2 }]],
    [
      '503 with a Retry-After in seconds',
      /not available \(503\)/,
      [{ kind: 'error', status: 503, retryAfter: 'seconds', seconds: 1, times: 2 }],
    ],
    [
      '503 with a Retry-After as a date',
      /not available \(503\)/,
      [{ kind: 'error', status: 503, retryAfter: 'date', seconds: 2, times: 1 }],
    ],
    ['429 with a Retry-After in seconds', /fewer requests \(429\)/, [{ kind: 'rate-limit', times: 2 }]],
    [
      '429 with a Retry-After as a date',
      /fewer requests \(429\)/,
      [{ kind: 'rate-limit', retryAfter: 'date', seconds: 2, times: 1 }],
    ],
    [
      '429 without a Retry-After',
      /fewer requests \(429\)/,
      [{ kind: 'rate-limit', retryAfter: 'none', seconds: 1, times: 2 }],
    ],
    ['a body that breaks off', /closed before the answer was complete/, [{ kind: 'truncated-body', times: 2 }]],
    ['broken JSON', /not valid JSON/, [{ kind: 'broken-json', times: 2 }]],
    ['another content type', /text\/html instead of JSON/, [{ kind: 'wrong-content-type', times: 2 }]],
    ['a connection that breaks', /connection was closed|connection was reset/, [{ kind: 'disconnect', times: 2 }]],
    ['a cursor that repeats once', /Paging does not advance/, [{ kind: 'repeated-cursor', times: 1 }]],
  ];

  it('does not go on for ever when pages stay empty and each names another', () =>
    withPair(async ({ crm, tenant }) => {
      await tenant.run();
      await crm.setFaults({ kind: 'empty-page', match: { afterRequests: 2 } });
      const run = await tenant.run('full');
      expect(run.state).toBe('failed');
      expect(run.problem).toMatch(/paging does not advance: more than 1000 pages/);
      expect(await tenant.shards('contact', 'deleted')).toEqual([]);
    }));

  for (const [name, reason, faults] of passing) {
    it(`gets through ${name}, in the middle of a run, and says meanwhile what it waits for`, () =>
      withPair(async (pair) => {
        await pair.crm.setFaults(
          ...faults.map((fault) => ({ ...fault, match: { type: 'contacts', afterRequests: 2 } })),
        );
        const run = await pair.tenant.run();
        expect(run.waits.join()).toMatch(reason);
        await expectAllCreated(run, pair);
        expect(run.counts.received).toBe(records);
        expect(run.pages).toBe(pages);
        expect(await pair.crm.struck()).not.toContain(0);
      }));
  }

  const lasting: readonly (readonly [string, RegExp, object])[] = [
    ['503', /not available \(503\)/, { kind: 'error', status: 503 }],
    ['429', /fewer requests \(429\)/, { kind: 'rate-limit' }],
    ['a body that breaks off', /closed before the answer was complete/, { kind: 'truncated-body' }],
    ['broken JSON', /not valid JSON/, { kind: 'broken-json' }],
    ['another content type', /text\/html instead of JSON/, { kind: 'wrong-content-type' }],
    ['a connection that breaks', /connection was closed|connection was reset/, { kind: 'disconnect' }],
    ['a cursor that repeats', /Paging does not advance/, { kind: 'repeated-cursor' }],
  ];

  for (const [name, reason, fault] of lasting) {
    it(`fails after three tries of a page when ${name} lasts, and deletes nothing`, () =>
      withPair(async (pair) => {
        const { crm, tenant } = pair;
        expect((await tenant.run()).state).toBe('succeeded');
        const before = await tenant.stored();
        const watermarks = await watermarksOf(room(), tenant);
        await crm.change('contacts', 'update', 10);
        await crm.setFaults({ ...fault, match: { type: 'contacts', afterRequests: 1 } });
        const run = await tenant.run('full');
        expect(run.state).toBe('failed');
        expect(run.problem).toMatch(reason);
        expect(run.counts.received).toBeLessThan(records);
        expect(await crm.struck()).toEqual([attempts]);
        expect([...(await tenant.stored()).keys()]).toEqual([...before.keys()]);
        expect(await watermarksOf(room(), tenant)).toEqual(watermarks);
        await crm.setFaults();
        await expectWhole(pair);
        const repaired = await tenant.run('incremental');
        expect(repaired.state).toBe('succeeded');
        const settled = await tenant.run('full');
        expect(settled.counts).toMatchObject({ received: records, unchanged: records });
      }));
  }

  it('waits for slow answers', () =>
    withPair(async (pair) => {
      await pair.crm.setFaults({ kind: 'slow', ms: 300 });
      await expectAllCreated(await pair.tenant.run(), pair);
    }));

  it('starts an object over when its cursor has expired', () =>
    withPair(async (pair) => {
      await pair.crm.setFaults({ kind: 'expired-cursor', times: 1, match: { afterRequests: 2 } });
      const run = await pair.tenant.run();
      await expectAllCreated(run, pair);
      expect(run.counts).toMatchObject({ received: records + 3 * pageSize, unchanged: 3 * pageSize });
    }));

  it('fails when the cursor expires again after the restart', () =>
    withPair(async ({ crm, tenant }) => {
      await crm.setFaults({ kind: 'expired-cursor' });
      const run = await tenant.run();
      expect(run.state).toBe('failed');
      expect(run.problem).toMatch(/no longer knows the cursor/);
      expect(await crm.struck()).toEqual([2]);
    }));

  it('reads all records when more than a page of them have one modification time', () =>
    withPair(async (pair) => {
      await pair.crm.setFaults({ kind: 'equal-timestamps', at: new Date(Date.now() - 60_000).toISOString() });
      await expectAllCreated(await pair.tenant.run(), pair);
      const again = await pair.tenant.run('incremental');
      expect(again).toMatchObject({ state: 'succeeded', counts: { received: records, unchanged: records } });
    }));

  it('goes on after an empty page that has a next one', () =>
    withPair(async (pair) => {
      await pair.crm.setFaults({ kind: 'empty-page', times: 2, match: { afterRequests: 2 } });
      const run = await pair.tenant.run();
      await expectAllCreated(run, pair);
      expect(run.pages).toBe(pages + 2);
    }));

  it('finds rows that became visible after newer ones were read', () =>
    withPair(async ({ crm, tenant }) => {
      await tenant.run();
      await crm.setFaults({ kind: 'late-rows', delayMs: 8_000, times: 1 });
      const late = await crm.change('contacts', 'create', 2);
      await pollUntil('A watermark behind the late rows', async () => {
        await crm.change('contacts', 'update', 1);
        expect((await tenant.run('incremental')).state).toBe('succeeded');
        const [watermark = ''] = Object.values(await watermarksOf(room(), tenant));
        return watermark > late.updatedAt ? true : undefined;
      });
      expect(await crm.list('contacts')).not.toContain(late.ids[0]);
      await pollUntil(
        'The late rows',
        async () => (await crm.list('contacts')).includes(late.ids[0] ?? '') || undefined,
      );
      expect(await tenant.run('incremental')).toMatchObject({ state: 'succeeded', counts: { created: 2 } });
      const stored = await tenant.stored();
      for (const id of late.ids) expect(stored.has(`contacts ${id}`)).toBe(true);
    }));

  for (const [status, reason] of [
    [401, /does not accept the credential \(401\)/],
    [403, /credential does not allow it \(403\)/],
  ] as const) {
    it(`ends at once with the reason when the key is answered with ${status} midway`, () =>
      withPair(async ({ crm, tenant }) => {
        await tenant.run();
        await crm.setFaults({ kind: 'error', status, match: { afterRequests: 2 } });
        const run = await tenant.run('full');
        expect(run).toMatchObject({ state: 'failed', counts: { received: 2 * pageSize } });
        expect(run.problem).toMatch(reason);
        expect(run.waits).toEqual([]);
        expect(await crm.struck()).toEqual([1]);
        expect(await tenant.shards('contact', 'deleted')).toEqual([]);
        const shown = await tenant.client.call('GET', `${tenant.base}/connection`, connection);
        expect(shown.state).toBe(status === 401 ? 'failing' : 'connected');
        if (status === 401) expect(shown.problem).toMatch(reason);
      }));
  }
}

/** Once the last run has been settled, which follows its end. */
async function watermarksOf(room: RunningTwin, tenant: TenantOnTwin): Promise<TaskDocument['watermarks']> {
  const item = room.database.container('config').item(tenant.taskId, tenant.tenantId);
  const [last] = await tenant.executions();
  return pollUntil('The settled task', async () => {
    const { resource } = await item.read<TaskDocument>();
    return resource?.lastExecutionId === last?.id ? resource?.watermarks : undefined;
  });
}
