import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import type { IntegrationDocument } from '../../../../shared/core/documents/integration.ts';
import type { IntegrationHealthDocument } from '../../../../shared/core/documents/integration-health.ts';
import { dueKey } from '../../../../shared/core/due.ts';
import { dayMs } from '../../../../shared/core/judge-health.ts';
import { monitorHealth } from '../../../../shared/use-cases/monitor-health.ts';
import { watchIntegration } from '../../../../shared/use-cases/watch-integration.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { sampleApiKey } from '../../../kit/sample-documents.ts';
import { createSyncHarness, fill, type SyncHarness, traceparent } from '../../../kit/sync-harness.ts';

const minuteMs = 60_000;

async function watched(): Promise<SyncHarness> {
  const harness = await createSyncHarness();
  const { integrationId } = await harness.task();
  await watchIntegration(harness.deps, harness.scope, integrationId);
  return harness;
}

async function tick({ deps }: SyncHarness, minutes = 7): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    await monitorHealth(deps, traceparent);
    deps.clock.advance(minuteMs);
  }
}

function healthOf({ deps }: SyncHarness): IntegrationHealthDocument | undefined {
  return deps.integrationHealth.all()[0];
}

/** What was told as events, oldest first. */
function toldBy({ deps }: SyncHarness, type: string): unknown[] {
  return deps.events
    .all()
    .filter((event) => event.type === type)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ data }) => data['health'] ?? data['expiresAt']);
}

async function changeConnection(
  { deps, scope }: SyncHarness,
  change: Partial<NonNullable<IntegrationDocument['connection']>>,
): Promise<void> {
  const [integration] = deps.integrations.all();
  if (integration?.connection === undefined) throw new Error('no connection');
  const document = { ...integration, connection: { ...integration.connection, ...change } };
  await deps.integrations.write(scope, { kind: 'upsert', document });
}

describe('the health of an integration', () => {
  it('follows its runs soon after they end, and each change is told once', async () => {
    const harness = await watched();
    fill(harness, 3);
    await tick(harness);
    expect(healthOf(harness)?.health).toBe('healthy');
    for (let failed = 0; failed < 3; failed += 1) {
      harness.provider.failures.push(new AdapterFailure('forbidden', 'Not allowed.'));
      await harness.run();
      await tick(harness, 1);
    }
    expect(healthOf(harness)).toMatchObject({ health: 'failing', reasons: [{ code: 'runs-failing' }] });
    expect((await harness.run()).state).toBe('succeeded');
    await tick(harness);
    expect(healthOf(harness)).toMatchObject({ health: 'healthy', reasons: [] });
    expect(toldBy(harness, 'integration.error')).toEqual(['degraded', 'failing', 'healthy']);
  });

  it('is written only when it changed or the check has become old', async () => {
    const harness = await watched();
    let writes = 0;
    harness.deps.faults.onOperation = ({ port, verb }) => {
      if (port === 'integrationHealth' && verb !== 'get') writes += 1;
    };
    await tick(harness, 60);
    expect(writes).toBeGreaterThanOrEqual(4);
    expect(writes).toBeLessThanOrEqual(7);
  });

  it.each(['before', 'after'] as const)('is kept and told once whatever step a crash comes %s', async (moment) => {
    let step = 1;
    for (let crashed = true; crashed; step += 1) {
      const harness = await watched();
      await tick(harness);
      await changeConnection(harness, {
        state: 'failing',
        problem: 'Rejected.',
        expiresAt: new Date(harness.deps.clock.nowMs() + dayMs).toISOString(),
      });
      harness.deps.faults.crashAt(step, moment);
      await tick(harness).catch(() => undefined);
      crashed = harness.deps.faults.crashed;
      harness.deps.faults.restart();
      await tick(harness);
      expect(healthOf(harness)?.health, `step ${step}`).toBe('failing');
      expect(toldBy(harness, 'integration.error'), `step ${step}`).toEqual(['failing']);
      expect(toldBy(harness, 'connection.expiring'), `step ${step}`).toHaveLength(1);
      expect(harness.deps.healthDue.all(), `step ${step}`).toHaveLength(1);
    }
    expect(step).toBeGreaterThan(6);
  });

  it('that passed while a crash kept it from being told is told afterwards', async () => {
    const harness = await watched();
    const { faults } = harness.deps;
    await tick(harness);
    await changeConnection(harness, { state: 'failing', problem: 'Rejected.' });
    faults.onOperation = ({ port }) => {
      if (port === 'events') faults.crashAt(1, 'before');
    };
    await tick(harness).catch(() => undefined);
    expect(faults.crashed).toBe(true);
    faults.onOperation = undefined;
    faults.restart();
    await changeConnection(harness, { state: 'connected' });
    await tick(harness);
    expect(toldBy(harness, 'integration.error')).toEqual(['failing', 'healthy']);
  });

  it('of an integration older than the monitor is looked at after its next run', async () => {
    const harness = await createSyncHarness();
    await tick(harness);
    expect(healthOf(harness)).toBeUndefined();
    await harness.run();
    await tick(harness);
    expect(healthOf(harness)?.health).toBe('healthy');
  });

  it('is judged by two monitors at once as by one', async () => {
    const harness = await watched();
    await changeConnection(harness, { state: 'failing', problem: 'Rejected.' });
    await Promise.all([1, 2, 3].map(() => monitorHealth(harness.deps, traceparent)));
    expect(healthOf(harness)).toMatchObject({ health: 'failing', toldSince: healthOf(harness)?.since });
    expect(toldBy(harness, 'integration.error')).toEqual(['failing']);
  });

  it('of one that cannot be read holds up nobody, and is alerted', async () => {
    const harness = await watched();
    const { deps, scope } = harness;
    const id = deps.newId('integration');
    deps.integrations.plant('acme', { id });
    await watchIntegration(deps, scope, id);
    await tick(harness);
    expect(deps.integrationHealth.all()).toHaveLength(1);
    expect(deps.log.alerts.map(({ message }) => message)).toContain(
      'the health of an integration could not be looked at',
    );
    expect(deps.healthDue.all().every(({ document }) => document.dueAt > deps.now().toISOString())).toBe(true);
  });
});

describe('a credential that ends', () => {
  it('is told 14 days before, once, and again for the one that replaces it', async () => {
    const harness = await watched();
    const inDays = (days: number) => new Date(harness.deps.clock.nowMs() + days * dayMs).toISOString();
    const first = inDays(20);
    await changeConnection(harness, { expiresAt: first });
    await tick(harness);
    expect(toldBy(harness, 'connection.expiring')).toEqual([]);
    harness.deps.clock.advance(7 * dayMs);
    await tick(harness, 30);
    expect(toldBy(harness, 'connection.expiring')).toEqual([first]);
    expect(healthOf(harness)).toMatchObject({ health: 'degraded', reasons: [{ code: 'credential-expiring' }] });
    const second = inDays(3);
    await changeConnection(harness, { fence: 2, connectedAt: inDays(0), expiresAt: second });
    await tick(harness, 30);
    expect(toldBy(harness, 'connection.expiring')).toEqual([first, second]);
  });
});

describe('a run that nobody looks after', () => {
  it('is noticed, and started up again', async () => {
    const harness = await watched();
    fill(harness, 7);
    const { id, taskId } = await harness.start();
    harness.deps.syncQueue.receive()?.complete();
    await harness.deps.due.remove(dueKey('watch', 'acme', taskId));
    await tick(harness, 2);
    expect(harness.deps.syncQueue.waiting).toBe(0);
    await tick(harness, 8);
    expect(healthOf(harness)).toMatchObject({ health: 'degraded', reasons: [{ code: 'run-stuck', taskId }] });
    expect(await harness.finish(id)).toMatchObject({ state: 'succeeded', counts: { created: 7 } });
    await tick(harness);
    expect(healthOf(harness)?.health).toBe('healthy');
  });

  it('is not seen in one that waits for its provider', async () => {
    const harness = await watched();
    const limited = new AdapterFailure('rate-limited', 'Busy.', { status: 429, retryAfterMs: 1_800_000 });
    harness.provider.failures.push(limited);
    await harness.start();
    const message = harness.deps.syncQueue.receive();
    if (message === undefined) throw new Error('no message');
    await workOnSlice(harness.deps, message.envelope);
    message.complete();
    await tick(harness, 25);
    expect(harness.deps.syncQueue.waiting).toBe(1);
    expect(healthOf(harness)?.health).toBe('healthy');
  });
});

describe('the work queue', () => {
  it('is logged as one line a tick, and alerted when it is old or something was set aside', async () => {
    const harness = await watched();
    const { deps } = harness;
    const lines = () => deps.log.entries.filter(({ message }) => message.includes('the work queue'));
    await monitorHealth(deps, traceparent);
    await harness.start();
    deps.clock.advance(11 * minuteMs);
    await monitorHealth(deps, traceparent);
    deps.syncQueue.receive()?.complete();
    await deps.syncQueue.setAside('x', 'does not parse');
    await monitorHealth(deps, traceparent);
    expect(lines().map(({ level, fields }) => ({ level, ...fields }))).toEqual([
      { level: 'info', queue: 'sync-pages', depth: 0, oldestSeconds: 0, poison: 0 },
      { level: 'alert', queue: 'sync-pages', depth: 1, oldestSeconds: 660, poison: 0 },
      { level: 'alert', queue: 'sync-pages', depth: 0, oldestSeconds: 0, poison: 1 },
    ]);
  });

  it('has beside it the one of outgoing webhooks', async () => {
    const { deps } = await watched();
    await deps.outgoingQueue.setAside('x', 'does not parse');
    await monitorHealth(deps, traceparent);
    const fields = { queue: 'deliver-webhooks', depth: 0, oldestSeconds: 0, poison: 1 };
    expect(deps.log.alerts).toContainEqual({
      level: 'alert',
      message: 'the queue of outgoing webhooks needs a look',
      fields,
    });
  });

  it('that is slow shows to who has work in it, without a number', async () => {
    const harness = await watched();
    await harness.start();
    harness.deps.clock.advance(11 * minuteMs);
    await monitorHealth(harness.deps, traceparent);
    const slow = healthOf(harness)?.reasons.find(({ code }) => code === 'work-delayed');
    expect(slow?.message).toBe('Work takes longer than usual at the moment.');
  });

  it('that cannot be read does not keep the monitor from the integrations', async () => {
    const harness = await watched();
    harness.deps.faults.onOperation = ({ verb }) => {
      if (verb === 'measure') throw new Error('storage is down');
    };
    await monitorHealth(harness.deps, traceparent);
    expect(healthOf(harness)?.health).toBe('healthy');
    expect(harness.deps.log.alerts).toHaveLength(2);
  });
});

describe('an API key that ends', () => {
  it('is logged once, 14 days before', async () => {
    const harness = await watched();
    const { deps, scope } = harness;
    const expiresAt = new Date(deps.clock.nowMs() + 20 * dayMs).toISOString();
    await deps.apiKeys.write(scope, { kind: 'create', document: sampleApiKey('acme', { expiresAt }) });
    const logged = () => deps.log.entries.filter(({ message }) => message === 'an API key ends soon').length;
    await tick(harness);
    expect(logged()).toBe(0);
    deps.clock.advance(7 * dayMs);
    await tick(harness, 20);
    expect(logged()).toBe(1);
  });
});
