import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import type { EventDocument } from '../../../../shared/core/documents/event.ts';
import { recordEvent } from '../../../../shared/use-cases/record-event.ts';
import { settleExecution } from '../../../../shared/use-cases/settle-execution.ts';
import { sampleId } from '../../../kit/sample-documents.ts';
import { createSyncHarness, fill, type SyncHarness } from '../../../kit/sync-harness.ts';

function eventsOf({ deps }: SyncHarness, subject: string): EventDocument[] {
  return deps.events.all().filter((event) => event.subject === subject);
}

describe('the end of a run', () => {
  it('is told once, with what came of it', async () => {
    const harness = await createSyncHarness();
    fill(harness, 7);
    const run = await harness.run();
    await settleExecution(harness.deps, harness.scope, run);
    expect(eventsOf(harness, run.id)).toMatchObject([
      {
        type: 'sync.completed',
        at: run.finishedAt,
        data: { integrationId: run.integrationId, taskId: run.taskId, state: 'succeeded', counts: { created: 7 } },
      },
    ]);
  });

  it('with records set aside is complete, and says partial', async () => {
    const harness = await createSyncHarness();
    fill(harness, 2);
    harness.provider.put('nameless', { city: 'Maribor' });
    const run = await harness.run();
    expect(eventsOf(harness, run.id)).toMatchObject([
      { type: 'sync.completed', data: { state: 'partial', counts: { failed: 1 } } },
    ]);
  });

  it('that failed is told with the reason', async () => {
    const harness = await createSyncHarness();
    harness.provider.failures.push(new AdapterFailure('forbidden', 'Not allowed.'));
    const run = await harness.run();
    expect(eventsOf(harness, run.id)).toMatchObject([{ type: 'sync.failed', data: { problem: 'Not allowed.' } }]);
  });

  it('that lost its task to another is told, too', async () => {
    const harness = await createSyncHarness();
    const orphan = await harness.start();
    const stored = await harness.deps.leases.get(harness.scope, { id: orphan.taskId });
    if (stored === undefined) throw new Error('no lease');
    const { executionId: _occupant, ...free } = stored.document;
    await harness.deps.leases.write(harness.scope, { kind: 'replace', document: free, etag: stored.etag });
    await harness.finish(orphan.id);
    expect(eventsOf(harness, orphan.id)).toMatchObject([{ type: 'sync.failed' }]);
  });
});

describe('an event', () => {
  const at = '2030-01-01T00:00:00.000Z';
  const data = { integrationId: sampleId('integration'), health: 'failing' as const, reasons: [] };
  const occurrence = { type: 'integration.error', subject: 'int_1', at, data } as const;

  it('is the same in every repeat, and another for another subject, instant, type or tenant', async () => {
    const { deps, scope } = await createSyncHarness();
    await recordEvent(deps, scope, occurrence);
    await recordEvent(deps, scope, { ...occurrence, data: { ...data, health: 'healthy' } });
    expect(deps.events.all()).toMatchObject([{ version: 1, data: { health: 'failing' } }]);
    await recordEvent(deps, scope, { ...occurrence, subject: 'int_2' });
    await recordEvent(deps, scope, { ...occurrence, at: '2030-01-01T00:00:00.001Z' });
    const { integrationId } = data;
    await recordEvent(deps, scope, {
      type: 'connection.expiring',
      subject: 'int_1',
      at,
      data: { integrationId, expiresAt: at },
    });
    await recordEvent(deps, { ...scope, tenantId: 'other' }, occurrence);
    expect(new Set(deps.events.all().map((event) => event.id)).size).toBe(5);
  });
});
