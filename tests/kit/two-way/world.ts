import { defaultHoldThresholds } from '../../../shared/contracts/tasks.ts';
import type { Adapter, ExternalChange } from '../../../shared/core/adapter.ts';
import { AppError } from '../../../shared/core/app-error.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import { matchRulesId } from '../../../shared/core/documents/match-rules.ts';
import type { ShardDocument } from '../../../shared/core/documents/shard.ts';
import type { TaskDocument } from '../../../shared/core/documents/task.ts';
import { type Scope, systemScope } from '../../../shared/core/scope.ts';
import { nobodySuppressed } from '../../../shared/core/suppressions.ts';
import { applyChanges } from '../../../shared/use-cases/apply-changes.ts';
import { freezeMappings } from '../../../shared/use-cases/freeze-mappings.ts';
import { freezeMatchRules } from '../../../shared/use-cases/freeze-match-rules.ts';
import { loadConverter } from '../../../shared/use-cases/load-converter.ts';
import { loadPushRoutes } from '../../../shared/use-cases/load-push-routes.ts';
import { wakeLanes } from '../../../shared/use-cases/push/on-shards-changed.ts';
import { workPushLane } from '../../../shared/use-cases/push/work-push-lane.ts';
import { runDueEntries } from '../../../shared/use-cases/run-due-entries.ts';
import { startExecution } from '../../../shared/use-cases/start-execution.ts';
import { workOnSlice } from '../../../shared/use-cases/work-on-slice.ts';
import { Crash } from '../faults.ts';
import { createMemoryDeps, type MemoryDeps } from '../memory-ports.ts';
import { traceparent } from '../sync-harness.ts';
import { FakeSystem } from './fake-system.ts';
import { type Program, wholePart } from './program.ts';

/** A look at a record that has not been applied yet, or may be again. */
interface Look {
  readonly system: number;
  readonly change: ExternalChange;
  readonly seenAtMs: number;
  readonly announced: string[];
}

/** One tenant whose systems are kept alike by the real engine, on memory ports; drives what the host and the clock would. */
export class TwoWayWorld {
  readonly deps: MemoryDeps;
  readonly scope: Scope = systemScope('acme', 'test', traceparent);
  readonly systems: readonly FakeSystem[];
  readonly looks: Look[] = [];

  constructor(program: Program) {
    // The systems need the clock that the ports have.
    const adapters: Adapter[] = [];
    this.deps = createMemoryDeps({
      adapters,
      openCall: ({ settings }) => ({ settings, http: () => Promise.reject(new Error('nothing is called over HTTP')) }),
      engine: { pagesPerSlice: 2, attempts: 1000 },
    });
    const { clock, faults } = this.deps;
    this.systems = program.systems.map(
      ({ traits }, index) => new FakeSystem(nameOf(index), traits, () => clock.nowMs(), faults),
    );
    adapters.push(...this.systems.map((system) => system.adapter()));
    for (const index of program.systems.keys()) this.#connect(program, index);
    if (program.matched) this.#match();
  }

  #match(): void {
    const at = this.deps.now().toISOString();
    const rule = {
      kind: 'exact' as const,
      name: 'E-mail',
      key: [{ fields: ['email'], as: 'email' as const, part: 'whole' as const }],
    };
    this.deps.matchRules.put(this.scope, {
      kind: 'create',
      document: {
        id: matchRulesId('contact'),
        tenantId: 'acme',
        kind: 'match-rules',
        schemaVersion: 1,
        shardTypeId: 'contact',
        version: 1,
        rules: [rule],
        strategy: 'newest',
        fieldStrategies: {},
        createdAt: at,
        updatedAt: at,
      },
    });
  }

  #connect({ policy, fields, systems }: Program, index: number): void {
    const { direction, creates, deletions } = systems[index]?.part ?? wholePart;
    const at = this.deps.now().toISOString();
    const own = { tenantId: 'acme', schemaVersion: 1 as const, createdAt: at, updatedAt: at };
    this.deps.integrations.put(this.scope, {
      kind: 'create',
      document: {
        ...own,
        id: integrationOf(index),
        kind: 'integration',
        provider: nameOf(index),
        name: nameOf(index),
        settings: {},
        enabled: true,
        connection: { state: 'connected', kind: 'none', fence: 1, connectedAt: at },
      },
    });
    const direct = (to: string, from: string) => ({ to, from, transforms: [], required: false });
    const byField: TaskDocument['conflicts']['fields'] = Object.fromEntries(
      Object.entries(fields).map(([field, each]) => [pathOf(field), each]),
    );
    this.deps.tasks.put(this.scope, {
      kind: 'create',
      document: {
        ...own,
        id: taskOf(index),
        kind: 'task',
        integrationId: integrationOf(index),
        name: 'People',
        direction,
        creates,
        conflicts: { policy, fields: byField, remindAfterHours: 24, onDeadline: 'internal_wins' },
        mode: 'incremental',
        objects: [
          {
            object: 'people',
            shardTypeId: 'contact',
            fields: ['name', 'email', 'phone', 'city', 'emails'].map((field) => direct(pathOf(field), field)),
          },
        ],
        schedule: { kind: 'manual' },
        enabled: true,
        pageSize: 3,
        lookBackSeconds: 60,
        bulk: 'never',
        deletions,
        holds: defaultHoldThresholds,
        watermarks: {},
      },
    });
  }

  system(index: number): FakeSystem {
    const system = this.systems[index % this.systems.length];
    if (system === undefined) throw new RangeError('There is no such system');
    return system;
  }

  shards(): ShardDocument[] {
    return this.deps.shards.all().filter(({ status }) => status !== 'merged');
  }

  /** Starts a run, unless one is under way. */
  async sync(index: number, full: boolean): Promise<void> {
    const at = index % this.systems.length;
    try {
      const mode = full ? ('full' as const) : ('incremental' as const);
      await startExecution(this.deps, this.scope, {
        integrationId: integrationOf(at),
        taskId: taskOf(at),
        trigger: 'manual',
        mode,
      });
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'already-running')) throw error;
    }
  }

  /** The change feed brings every shard: it may bring any of them, any number of times. */
  async feed(): Promise<void> {
    await wakeLanes(this.deps, this.scope, this.deps.shards.all());
  }

  async tick(): Promise<void> {
    await runDueEntries(this.deps, traceparent);
  }

  /** @param again the message is not deleted, so that it comes once more */
  async deliver(queue: 'sync' | 'push', again: boolean): Promise<boolean> {
    const hiddenMs = again ? 0 : 60_000;
    const [sync, push] = [this.deps.syncQueue, this.deps.pushQueue];
    const message = queue === 'sync' ? sync.receive(hiddenMs) : push.receive(hiddenMs);
    if (message === undefined) return false;
    if (message.envelope.kind === 'push-changes') await workPushLane(this.deps, message.envelope);
    else await workOnSlice(this.deps, message.envelope);
    if (!again) message.complete();
    return true;
  }

  /** Applies an earlier look, as a webhook would be. */
  async show({ system, change, seenAtMs, announced }: Look, id: number): Promise<void> {
    const { deps, scope } = this;
    const task = (await deps.tasks.get(scope, { id: taskOf(system) }))?.document;
    if (task === undefined) throw new Error('the task is gone');
    const [planned] = await freezeMappings(deps, scope, task.integrationId, task.objects);
    if (planned === undefined) throw new Error('the task has no object');
    const converter = await loadConverter(deps, scope, planned);
    const routes = await loadPushRoutes(deps, scope);
    await applyChanges(
      deps,
      scope,
      {
        integrationId: task.integrationId,
        tools: { planned, converter, routes, suppressions: nobodySuppressed },
        matchRules: await freezeMatchRules(deps, scope, ['contact']),
        deletions: task.deletions,
        sighting: { executionId: `delivery-${id}`, page: 0, fence: seenAtMs },
        cause: { kind: 'delivery', id: `delivery-${id}`, actorId: 'webhook' },
        announced: [...announced],
        announce: async (linkIds) => {
          deps.faults.step('announce', () => announced.push(...linkIds));
          return true;
        },
        keepHold: async () => true,
      },
      [change],
    );
  }

  /** Takes one turn: a message, if there is one, or else the clock moves to what comes next. False when nothing will come. */
  async turn(): Promise<boolean> {
    return (
      (await this.survive(async () => {
        if (await this.deliver('push', false)) return true;
        if (await this.deliver('sync', false)) return true;
        const next = this.#nextDueMs();
        if (!Number.isFinite(next)) return false;
        this.deps.clock.advanceTo(next);
        await this.tick();
        return true;
      })) ?? true
    );
  }

  #nextDueMs(): number {
    const { due, syncQueue, pushQueue } = this.deps;
    return Math.min(
      ...due.all().map(({ document }) => Date.parse(document.dueAt)),
      syncQueue.nextVisibleAtMs ?? Number.POSITIVE_INFINITY,
      pushQueue.nextVisibleAtMs ?? Number.POSITIVE_INFINITY,
    );
  }

  /** A crash ends what was being done, and a new process goes on; a lost answer makes it come again. */
  async survive<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const isLost = error instanceof AppError && error.code === 'unavailable';
      if (!(error instanceof Crash) && !this.deps.faults.crashed && !isLost) throw error;
      if (this.deps.faults.crashed) this.deps.faults.restart();
      return undefined;
    }
  }

  /** Reads everything whole, and lets all come to rest, until nothing changes any more. @returns rounds that were taken */
  async settle(most = 8): Promise<number> {
    await this.rest();
    for (let round = 1; round <= most; round += 1) {
      const before = this.state();
      this.deps.clock.advance(3_700_000);
      await this.round();
      if (sameValue(before, this.state())) return round;
    }
    throw new Error('It does not come to rest');
  }

  /** One full run of each system, and all that follows from it. */
  async round(): Promise<void> {
    for (const index of this.systems.keys()) {
      await this.sync(index, true);
      await this.rest();
    }
  }

  async rest(): Promise<void> {
    for (let turn = 0; turn < 2000; turn += 1) {
      if (await this.turn()) continue;
      // What the change feed brings may be the last to wake somebody.
      await this.feed();
      if (this.deps.pushQueue.waiting === 0) return;
      await this.turn();
      if (this.deps.pushQueue.waiting === 0 && this.deps.due.all().length === 0) return;
    }
    throw new Error('It does not come to rest: there is always something to do');
  }

  /** What everybody has, without when it was last looked at. */
  state(): string {
    const shards = this.deps.shards
      .all()
      .map(({ id, revision, status, data, push = {}, sources }) => [
        id,
        revision,
        status,
        data,
        push,
        Object.values(sources).map(({ deleted, held = null, recreate = false }) => [deleted, held, recreate]),
      ]);
    const records = this.systems.map((system) =>
      [...system.records.values()].map(({ id, revision }) => [id, revision]),
    );
    return JSON.stringify([shards, records]);
  }
}

export function nameOf(index: number): string {
  return 'abc'[index] ?? `s${index}`;
}

export function integrationOf(index: number): string {
  return `int_${nameOf(index)}`;
}

function taskOf(index: number): string {
  return `task_${nameOf(index)}`;
}

export function pathOf(field: string): string {
  return field === 'city' ? 'address.city' : field;
}
