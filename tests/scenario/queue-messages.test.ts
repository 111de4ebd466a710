import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { LeaseDocument } from '../../shared/core/documents/lease.ts';
import type { SyncPagesEnvelope } from '../../shared/core/envelope.ts';
import { openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { sampleId, sampleTenant } from '../kit/sample-documents.ts';
import { openSyncMessages, type SyncMessages } from '../kit/sync-messages.ts';
import { createTenant, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const records = 120;
const pageSize = 20;
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe.concurrent('a message of queue sync-pages', (it) => {
  let room: RunningTwin;
  let messages: SyncMessages;

  beforeAll(async () => {
    room = await runTwin();
    messages = await openSyncMessages(room);
  });

  afterAll(async () => {
    await room?.close();
  });

  const alertOf = (text: string, id: string) =>
    pollUntil(`The alert about ${id}`, () =>
      room.log.find((line) => line.includes('"level":"alert"') && line.includes(text) && line.includes(id)),
    );

  /** A run that takes some seconds, and its message as it is being worked on. */
  const withLiveRun = async (test: (tenant: TenantOnTwin, live: SyncPagesEnvelope) => Promise<void>): Promise<void> => {
    const crm = await openOwnCrm({ contacts: records });
    try {
      await crm.setFaults({ kind: 'slow', ms: 700 });
      const tenant = await createTenant(room, { crm, task: { pageSize } });
      const { id: executionId } = await tenant.start();
      const messageId = await pollUntil('The holder of the task', async () => {
        const query = {
          query: 'SELECT * FROM c WHERE c.executionId = @id',
          parameters: [{ name: '@id', value: executionId }],
        };
        const { resources } = await room.database.container('leases').items.query<LeaseDocument>(query).fetchAll();
        return resources[0]?.holder;
      });
      const { tenantId, integrationId, taskId } = tenant;
      await test(tenant, { kind: 'sync-pages', tenantId, traceparent, messageId, integrationId, taskId, executionId });
      expect(await tenant.follow(executionId)).toMatchObject({
        state: 'succeeded',
        pages: records / pageSize,
        counts: { received: records, created: records },
      });
      expect((await tenant.stored()).size).toBe(records);
    } finally {
      await crm.close();
    }
  };

  it('that does not parse is put aside with the reason, and an alert', async () => {
    const mark = sampleId('execution');
    await messages.sendText(JSON.stringify({ kind: 'sync-pages', executionId: mark }));
    const text = await pollUntil('The poison message', async () =>
      (await messages.poisoned()).find((each) => each.includes(mark)),
    );
    const poison = JSON.parse(text) as { reason: string; delivered: unknown };
    expect(poison.delivered).toEqual({ kind: 'sync-pages', executionId: mark });
    for (const field of ['/tenantId', '/traceparent', '/messageId', '/integrationId', '/taskId'])
      expect(poison.reason).toContain(field);
    await alertOf('does not parse and was put aside', '/tenantId');
  });

  for (const [name, text] of [
    ['is no object', '[]'],
    ['is no JSON', 'not JSON at all'],
    ['has a field too many', JSON.stringify({ kind: 'sync-pages', surplus: 'not JSON at all' })],
  ] as const) {
    it(`that ${name} is put aside too`, async () => {
      await messages.sendText(text);
      const poisoned = await pollUntil('The poison message', async () =>
        (await messages.poisoned()).find(
          (each) => each.includes(`"delivered":${text}`) || each.includes(JSON.stringify(text)),
        ),
      );
      expect((JSON.parse(poisoned) as { reason: string }).reason).not.toBe('');
    });
  }

  it('that is no base64 goes to the poison queue unread', async () => {
    await messages.sendAsIs('*** no base64 ***');
    await pollUntil(
      'The poison message',
      async () => (await messages.poisoned()).includes('*** no base64 ***') || undefined,
    );
  });

  it('that names a run nobody knows is dropped with an alert', async () => {
    const executionId = sampleId('execution');
    await messages.send({
      kind: 'sync-pages',
      tenantId: sampleTenant(),
      traceparent,
      messageId: 'msg-1',
      integrationId: sampleId('integration'),
      taskId: sampleId('task'),
      executionId,
    });
    await alertOf('a run that is not there', executionId);
    expect((await messages.poisoned()).join()).not.toContain(executionId);
  });

  it('doubles nothing when it comes twice, or with others that were never sent', () =>
    withLiveRun(async (_tenant, live) => {
      await Promise.all([
        messages.send(live),
        messages.send(live),
        messages.send({ ...live, messageId: 'msg-other' }),
        messages.send({ ...live, messageId: 'msg-another' }),
      ]);
    }));

  it("of another tenant does nothing to a tenant's run", () =>
    withLiveRun(async (tenant, live) => {
      const other = sampleTenant();
      await messages.send({ ...live, tenantId: other });
      await alertOf('a run that is not there', other);
      expect((await tenant.execution(live.executionId)).problem).toBeUndefined();
    }));

  it('that names another integration or task than its run does is dropped with an alert', () =>
    withLiveRun(async (_tenant, live) => {
      const [integrationId, taskId] = [sampleId('integration'), sampleId('task')];
      await messages.send({ ...live, integrationId });
      await messages.send({ ...live, taskId });
      await Promise.all([integrationId, taskId].map((id) => alertOf('a message does not fit the run', id)));
    }));

  it('that comes after the end of its run changes nothing', async () => {
    const crm = await openOwnCrm({ contacts: records });
    try {
      const tenant = await createTenant(room, { crm });
      const ended = await tenant.run();
      const { tenantId, integrationId, taskId } = tenant;
      const envelope = {
        kind: 'sync-pages',
        tenantId,
        traceparent,
        integrationId,
        taskId,
        executionId: ended.id,
      } as const;
      await messages.send({ ...envelope, messageId: 'msg-late' });
      await messages.drained();
      const { waits: _waits, ...expected } = ended;
      expect(await tenant.execution(ended.id)).toEqual(expected);
    } finally {
      await crm.close();
    }
  });
});
