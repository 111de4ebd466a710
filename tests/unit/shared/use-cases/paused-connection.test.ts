import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import type { IntegrationDocument } from '../../../../shared/core/documents/integration.ts';
import { dueKey } from '../../../../shared/core/due.ts';
import { runDueEntries } from '../../../../shared/use-cases/run-due-entries.ts';
import { testConnection } from '../../../../shared/use-cases/test-connection.ts';
import { createSyncHarness, fill, type SyncHarness, traceparent } from '../../../kit/sync-harness.ts';

const rejected = () => new AdapterFailure('credentials-rejected', 'The key was rejected.');

async function paused(): Promise<SyncHarness> {
  const harness = await createSyncHarness({ task: { schedule: { kind: 'interval', everySeconds: 3600 } } });
  fill(harness, 3);
  harness.provider.failures.push(rejected());
  expect((await harness.run()).state).toBe('failed');
  return harness;
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

const connectionOf = ({ deps }: SyncHarness) => deps.integrations.all()[0]?.connection;

describe('a connection whose credential was rejected', () => {
  it('is paused: no run starts, and the refusal says what to do', async () => {
    const harness = await paused();
    await expect(harness.start()).rejects.toMatchObject({
      code: 'not-connected',
      detail: 'The connection is paused: The key was rejected. Test the connection, or connect it anew.',
    });
    expect(harness.deps.runs.executions.all()).toHaveLength(1);
  });

  it('is left out by the clock, with the reason, and the schedule goes on', async () => {
    const harness = await paused();
    const { deps } = harness;
    const task = await harness.task();
    const dueAt = deps.now().toISOString();
    const key = dueKey('schedule', 'acme', task.id);
    const { id: taskId, integrationId } = task;
    await deps.due.put({ ...key, schemaVersion: 1, kind: 'schedule', tenantId: 'acme', integrationId, taskId, dueAt });
    await runDueEntries(deps, traceparent);
    expect(deps.runs.executions.all()).toHaveLength(1);
    expect(deps.log.entries.at(-1)).toMatchObject({
      message: 'a scheduled run was left out',
      fields: { reason: 'not-connected', detail: expect.stringContaining('The key was rejected.') },
    });
    expect((await deps.due.get(key))?.document.dueAt).toBe(new Date(Date.parse(dueAt) + 3_600_000).toISOString());
  });

  it('goes on after a test that works', async () => {
    const harness = await paused();
    const attempt = { at: harness.deps.now(), repeated: false };
    const { integrationId } = await harness.task();
    const input = { params: { integrationId }, query: undefined, body: undefined, ifMatch: undefined, attempt };
    expect((await testConnection(harness.deps, harness.scope, input)).body.works).toBe(true);
    expect(await harness.run()).toMatchObject({ state: 'succeeded', counts: { created: 3 } });
  });

  it.each([
    ['another version of the secret', { fence: 2 }],
    ['a connection after a disconnect', { connectedAt: '2030-02-01T00:00:00.000Z' }],
  ])('does not pause %s that was stored during the run', async (_name, change) => {
    const harness = await createSyncHarness();
    const { id } = await harness.start();
    harness.provider.onPull = () => {
      harness.provider.onPull = undefined;
      harness.provider.failures.push(rejected());
      harness.deps.faults.onOperation = ({ port }) => {
        if (port !== 'integrations') return;
        harness.deps.faults.onOperation = undefined;
        return changeConnection(harness, change);
      };
    };
    expect((await harness.finish(id)).state).toBe('failed');
    expect(connectionOf(harness)).toMatchObject({ state: 'connected', ...change });
  });
});
