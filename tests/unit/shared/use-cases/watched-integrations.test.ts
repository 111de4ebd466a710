import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Adapter } from '../../../../shared/core/adapter.ts';
import { type Scope, systemScope } from '../../../../shared/core/scope.ts';
import { createIntegration } from '../../../../shared/use-cases/create-integration.ts';
import { deleteIntegration } from '../../../../shared/use-cases/delete-integration.ts';
import { monitorHealth } from '../../../../shared/use-cases/monitor-health.ts';
import { Crash } from '../../../kit/faults.ts';
import { createMemoryDeps, type MemoryDeps } from '../../../kit/memory-ports.ts';
import { sampleIntegration } from '../../../kit/sample-documents.ts';
import { traceparent } from '../../../kit/sync-harness.ts';
import { MemoryApi } from './api.ts';

const scope: Scope = systemScope('acme', 'test', traceparent);
const minuteMs = 60_000;

const adapter: Adapter = {
  id: 'desk',
  label: 'Desk',
  description: 'A provider for tests',
  settings: z.strictObject({}),
  auth: ['none'],
  requestsPerMinute: 100,
  baseUrl: () => 'https://desk.example',
  authorisation: () => ({ kind: 'none' }),
  objects: () => [],
  check: async () => undefined,
};

const openDeps = () => createMemoryDeps({ adapters: [adapter] });

async function create(deps: MemoryDeps): Promise<string> {
  const answer = await createIntegration(deps, scope, {
    params: undefined,
    query: undefined,
    body: { provider: 'desk', name: 'Desk', settings: {} },
    ifMatch: undefined,
    attempt: { at: deps.now(), repeated: false },
  });
  return answer.body.id;
}

async function remove(deps: MemoryDeps, integrationId: string, repeated: boolean): Promise<void> {
  await deleteIntegration(deps, scope, {
    params: { integrationId },
    query: undefined,
    body: undefined,
    ifMatch: undefined,
    attempt: { at: deps.now(), repeated },
  });
}

/** As the timer would, for a quarter of an hour. */
async function tick(deps: MemoryDeps): Promise<void> {
  for (let minute = 0; minute < 15; minute += 1) {
    await monitorHealth(deps, traceparent);
    deps.clock.advance(minuteMs);
  }
}

/** The process dies at a step, and another one starts. False when there is no such step. */
async function crashes(deps: MemoryDeps, step: number, moment: 'before' | 'after', work: () => Promise<unknown>) {
  deps.faults.crashAt(step, moment);
  const crashed = await work().then(
    () => false,
    (error: unknown) => {
      if (error instanceof Crash) return true;
      throw error;
    },
  );
  deps.faults.restart();
  return crashed;
}

/** Every integration has its entry and its health, and nothing else has. */
function expectWatched(deps: MemoryDeps, note: string): void {
  const ids = deps.integrations.all().map(({ id }) => id);
  const watched = deps.healthDue.all().map(({ document }) => document.integrationId);
  const judged = deps.integrationHealth.all().map(({ integrationId }) => integrationId);
  expect([watched.sort(), judged.sort()], note).toEqual([ids.sort(), ids]);
}

describe.each(['before', 'after'] as const)('a crash (%s the step took)', (moment) => {
  it('anywhere in a creation leaves no integration unwatched, nor a watch of nothing', async () => {
    let step = 1;
    for (; ; step += 1) {
      const deps = openDeps();
      if (!(await crashes(deps, step, moment, () => create(deps)))) break;
      await tick(deps);
      expectWatched(deps, `step ${step}`);
    }
    expect(step).toBeGreaterThan(4);
  });

  it('anywhere in a deletion leaves nothing that a repeat or the monitor does not remove', async () => {
    let step = 1;
    for (; ; step += 1) {
      const deps = openDeps();
      const id = await create(deps);
      await tick(deps);
      if (!(await crashes(deps, step, moment, () => remove(deps, id, false)))) break;
      await tick(deps);
      expectWatched(deps, `step ${step}`);
      await remove(deps, id, true);
      await tick(deps);
      expectWatched(deps, `step ${step}, repeated`);
      expect(deps.integrations.all()).toEqual([]);
    }
    expect(step).toBeGreaterThan(4);
  });
});

it('a creation that the monitor crosses, and that then dies, is watched', async () => {
  const deps = openDeps();
  deps.faults.onOperation = async ({ port, verb }) => {
    if (port !== 'integrations' || verb !== 'create') return;
    deps.faults.onOperation = undefined;
    await monitorHealth(deps, traceparent);
    deps.faults.crashAt(1, 'after');
  };
  await expect(create(deps)).rejects.toThrow(Crash);
  deps.faults.restart();
  expect(deps.integrations.all()).toHaveLength(1);
  await tick(deps);
  expectWatched(deps, 'afterwards');
});

it('a deletion during a look leaves no health behind', async () => {
  const deps = openDeps();
  const id = await create(deps);
  deps.faults.onOperation = async ({ port, verb }) => {
    if (port !== 'integrationHealth' || verb !== 'create') return;
    deps.faults.onOperation = undefined;
    await remove(deps, id, false);
  };
  await tick(deps);
  expect(deps.integrations.all()).toEqual([]);
  expectWatched(deps, 'afterwards');
});

it('an entry that was lost comes back with the next look at the list, also for an integration older than the monitor', async () => {
  const api = new MemoryApi();
  const document = sampleIntegration('demo', { provider: 'desk' });
  await api.deps.integrations.write({ ...scope, tenantId: 'demo' }, { kind: 'create', document });
  const answer = await api.call('GET', 'health/integrations', { role: 'viewer' });
  expect(answer.body['items']).toMatchObject([{ integrationId: document.id, name: 'CRM', health: 'healthy' }]);
  await tick(api.deps);
  expectWatched(api.deps, 'afterwards');
});
