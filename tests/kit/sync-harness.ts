import { defaultHoldThresholds } from '../../shared/contracts/tasks.ts';
import type { ExecutionDocument } from '../../shared/core/documents/execution.ts';
import type { LinkDocument } from '../../shared/core/documents/link.ts';
import type { ShardDocument } from '../../shared/core/documents/shard.ts';
import type { TaskDocument } from '../../shared/core/documents/task.ts';
import type { EngineSettings } from '../../shared/core/engine-settings.ts';
import type { Collection } from '../../shared/core/ports.ts';
import { type Scope, systemScope } from '../../shared/core/scope.ts';
import { handleJobMessage } from '../../shared/use-cases/handle-job-message.ts';
import { runDueEntries } from '../../shared/use-cases/run-due-entries.ts';
import { startExecution } from '../../shared/use-cases/start-execution.ts';
import { workOnSlice } from '../../shared/use-cases/work-on-slice.ts';
import { FakeProvider } from './fake-provider.ts';
import { Crash } from './faults.ts';
import { createMemoryDeps, type MemoryDeps } from './memory-ports.ts';

export const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Before every harness's clock begins, further back than any look-back. */
export const longAgo = '2029-12-01T00:00:00.000Z';

/** The first object of a task that converts by fields of its own. */
export function inlineMappingOf(task: TaskDocument): Extract<TaskDocument['objects'][number], { fields: unknown }> {
  const mapping = task.objects[0];
  if (mapping === undefined || !('fields' in mapping)) throw new Error('The task has no fields of its own');
  return mapping;
}

/** Gives the provider people `p0000`, `p0001`, … */
export function fill(harness: SyncHarness, count: number, modifiedAt = longAgo): void {
  for (let index = 0; index < count; index += 1) {
    const id = `p${String(index).padStart(4, '0')}`;
    harness.provider.put(id, { name: ` Person ${index} `, city: 'Maribor' }, modifiedAt);
  }
}

/** One tenant with a connected integration and a task, on memory ports: drives messages and the clock as the host would. */
export interface SyncHarness {
  readonly deps: MemoryDeps;
  readonly provider: FakeProvider;
  readonly scope: Scope;
  readonly task: () => Promise<TaskDocument>;
  start(mode?: 'full' | 'incremental'): Promise<ExecutionDocument>;
  /** Delivers messages and moves the clock until the run has ended; a crashed process is started again. */
  finish(executionId: string): Promise<ExecutionDocument>;
  run(mode?: 'full' | 'incremental'): Promise<ExecutionDocument>;
  /** Takes so many turns of what `finish` does. */
  turns(count: number): Promise<void>;
  /** The clock looks once. */
  tick(): Promise<void>;
  read(executionId: string): Promise<ExecutionDocument>;
  /** Delivers messages and moves the clock until the run is paused or has ended, and nobody has a message for it. */
  quieten(executionId: string): Promise<ExecutionDocument>;
  /** Delivers messages and moves the clock until nothing is left to be done, but for runs that wait for people. */
  settle(): Promise<void>;
  /** Every shard, by external id of its first source. */
  shards(): Promise<Map<string, ShardDocument>>;
  links(): Promise<LinkDocument[]>;
}

export interface HarnessOptions {
  readonly pageSize?: number;
  readonly engine?: Partial<EngineSettings>;
  readonly task?: Partial<TaskDocument>;
  /** Gives the provider's adapter more than it has. */
  readonly adapter?: (adapter: FakeProvider['adapter']) => FakeProvider['adapter'];
}

export async function createSyncHarness(options: HarnessOptions = {}): Promise<SyncHarness> {
  const clock = { now: (): Date => new Date(0) };
  const provider = new FakeProvider(() => clock.now());
  const deps = createMemoryDeps({
    adapters: [(options.adapter ?? ((adapter) => adapter))(provider.adapter)],
    openCall: provider.openCall,
    ...(options.engine === undefined ? {} : { engine: options.engine }),
  });
  clock.now = deps.now;
  const scope = systemScope('acme', 'test', traceparent);
  const integrationId = deps.newId('integration');
  const taskId = deps.newId('task');
  const now = deps.now().toISOString();
  await deps.integrations.write(scope, {
    kind: 'create',
    document: {
      id: integrationId,
      tenantId: 'acme',
      kind: 'integration',
      schemaVersion: 1,
      provider: 'fake',
      name: 'Fake',
      settings: {},
      enabled: true,
      connection: { state: 'connected', kind: 'none', fence: 1, connectedAt: now },
      createdAt: now,
      updatedAt: now,
    },
  });
  await deps.tasks.write(scope, {
    kind: 'create',
    document: {
      id: taskId,
      tenantId: 'acme',
      kind: 'task',
      schemaVersion: 1,
      integrationId,
      name: 'People',
      direction: 'pull',
      creates: true,
      conflicts: { policy: 'manual', fields: {}, remindAfterMinutes: 1440, onDeadline: 'internal_wins' },
      mode: 'incremental',
      objects: [
        {
          object: 'people',
          shardTypeId: 'contact',
          fields: [
            { to: 'name', from: 'name', transforms: ['trim'], required: true },
            { to: 'address.city', from: 'city', transforms: [], required: false },
          ],
        },
      ],
      schedule: { kind: 'manual' },
      enabled: true,
      pageSize: options.pageSize ?? 5,
      lookBackSeconds: 60,
      bulk: 'never',
      deletions: 'mirror',
      holds: defaultHoldThresholds,
      watermarks: {},
      createdAt: now,
      updatedAt: now,
      ...options.task,
    },
  });

  const readExecution = async (id: string): Promise<ExecutionDocument | undefined> =>
    (await deps.runs.executions.get(scope, { id, partition: id }))?.document;

  const harness: SyncHarness = {
    deps,
    provider,
    scope,
    task: async () => {
      const stored = await deps.tasks.get(scope, { id: taskId });
      if (stored === undefined) throw new Error('the task is gone');
      return stored.document;
    },
    start: (mode) =>
      startExecution(deps, scope, {
        integrationId,
        taskId,
        trigger: 'manual',
        ...(mode === undefined ? {} : { mode }),
      }),
    finish: async (executionId) => {
      for (let turn = 0; turn < 10_000; turn += 1) {
        await takeTurn(deps);
        const execution = await survive(deps, () => readExecution(executionId));
        const isQuiet =
          deps.syncQueue.waiting + deps.jobQueue.waiting === 0 &&
          deps.due.all().length === 0 &&
          deps.orchestrations.running === 0;
        if (execution?.finishedAt !== undefined && isQuiet) return execution;
      }
      throw new Error('the run did not end');
    },
    turns: async (count) => {
      for (let turn = 0; turn < count; turn += 1) await takeTurn(deps);
    },
    tick: async () => {
      await runDueEntries(deps, traceparent);
    },
    run: async (mode) => harness.finish((await harness.start(mode)).id),
    read: async (executionId) => {
      const execution = await readExecution(executionId);
      if (execution === undefined) throw new Error('the run is gone');
      return execution;
    },
    quieten: async (executionId) => {
      for (let turn = 0; turn < 1000; turn += 1) {
        const execution = await survive(deps, () => readExecution(executionId));
        const isQuiet = execution?.state === 'paused' || execution?.finishedAt !== undefined;
        if (execution !== undefined && isQuiet && deps.syncQueue.waiting + deps.jobQueue.waiting === 0)
          return execution;
        await takeTurn(deps);
      }
      throw new Error('the run did not come to rest');
    },
    settle: async () => {
      for (let turn = 0; turn < 10_000; turn += 1) {
        const watched = deps.due.all().filter(({ document }) => document.kind !== 'watch').length;
        if (deps.syncQueue.waiting + deps.jobQueue.waiting + watched + deps.orchestrations.running === 0) return;
        await takeTurn(deps);
      }
      throw new Error('there was always something left to be done');
    },
    shards: async () => {
      const byExternalId = new Map<string, ShardDocument>();
      for (const shard of await listAll(deps.shards, scope)) {
        const externalId = Object.values(shard.sources)[0]?.externalId ?? '';
        if (byExternalId.has(externalId)) throw new Error(`two shards for ${externalId}`);
        byExternalId.set(externalId, shard);
      }
      return byExternalId;
    },
    links: () => listAll(deps.links, scope),
  };
  return harness;
}

async function listAll<T extends { readonly id: string }>(collection: Collection<T>, scope: Scope): Promise<T[]> {
  const stored = await collection.list(scope, { filters: [], order: 'ascending', limit: 100_000 });
  return stored.map((each) => each.document);
}

/** One message, if one is visible; otherwise the clock moves to what comes next. */
async function takeTurn(deps: MemoryDeps): Promise<void> {
  await survive(deps, async () => {
    if (await deps.orchestrations.step(deps)) return;
    const message = deps.syncQueue.receive();
    if (message !== undefined) {
      await workOnSlice(deps, message.envelope);
      message.complete();
      return;
    }
    const job = deps.jobQueue.receive();
    if (job !== undefined) {
      await handleJobMessage(deps, job.envelope);
      job.complete();
      return;
    }
    const dueAtMs = deps.due.all().map((entry) => Date.parse(entry.document.dueAt));
    const next = Math.min(
      ...dueAtMs,
      deps.syncQueue.nextVisibleAtMs ?? Number.POSITIVE_INFINITY,
      deps.jobQueue.nextVisibleAtMs ?? Number.POSITIVE_INFINITY,
      deps.orchestrations.nextDueAtMs ?? Number.POSITIVE_INFINITY,
    );
    if (Number.isFinite(next)) deps.clock.advanceTo(next);
    await runDueEntries(deps, traceparent);
  });
}

/** A crash ends what was being done; the next process starts over the same stores. `undefined` when it came to that. */
export async function survive<T>(deps: MemoryDeps, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Crash) && !deps.faults.crashed) throw error;
    deps.faults.restart();
    return undefined;
  }
}
