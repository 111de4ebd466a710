import type { Adapter, ExternalChange } from '../../../shared/core/adapter.ts';
import { AppError } from '../../../shared/core/app-error.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import type { PushIntent } from '../../../shared/core/documents/push-lane.ts';
import type { ShardDocument } from '../../../shared/core/documents/shard.ts';
import { type Scope, systemScope } from '../../../shared/core/scope.ts';
import { nobodySuppressed } from '../../../shared/core/suppressions.ts';
import { applyChanges } from '../../../shared/use-cases/apply-changes.ts';
import { projectConflicts } from '../../../shared/use-cases/conflicts/project-conflicts.ts';
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
import type { Program } from './program.ts';
import { integrationOf, nameOf, setUpMatching, setUpSystem, taskOf } from './set-up.ts';
import type { SystemRecord } from './system-record.ts';

/** What is due later than that of a conflict reminds people. */
const waitsForPeopleMs = 2 * 3_600_000;

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
  /** Counts turns: what happens in one may come in between something else of it. */
  turns = 0;
  /** When the last one began. */
  turnedAtMs = 0;
  /** How far the clock is ahead of the host that is at work. */
  #aheadMs = 0;
  #processes = 0;
  readonly #hostsAheadMs: readonly number[];
  /** What the change feed has brought, by id: which version of it. */
  readonly #fed = new Map<string, string>();

  constructor(program: Program) {
    this.#hostsAheadMs = program.hostsAheadMs ?? [0];
    // The systems need the clock that the ports have.
    const adapters: Adapter[] = [];
    const memory = createMemoryDeps({
      adapters,
      openCall: ({ settings }) => ({ settings, http: () => Promise.reject(new Error('nothing is called over HTTP')) }),
      engine: { pagesPerSlice: 2, attempts: 1000 },
    });
    const { clock, faults } = memory;
    this.deps = { ...memory, now: () => new Date(clock.nowMs() + this.#aheadMs) };
    this.systems = program.systems.map(
      ({ traits }, index) => new FakeSystem(nameOf(index), traits, () => clock.nowMs(), faults),
    );
    adapters.push(...this.systems.map((system) => system.adapter()));
    for (const index of program.systems.keys()) setUpSystem(this.deps, this.scope, program, index);
    if (program.matched) setUpMatching(this.deps, this.scope);
  }

  system(index: number): FakeSystem {
    const system = this.systems[index % this.systems.length];
    if (system === undefined) throw new RangeError('There is no such system');
    return system;
  }

  shards(): ShardDocument[] {
    return this.deps.shards.all().filter(({ status }) => status !== 'merged');
  }

  /** Starts a run, unless one is under way. @returns whether it was started */
  async sync(index: number, full: boolean): Promise<boolean> {
    const at = index % this.systems.length;
    try {
      const mode = full ? ('full' as const) : ('incremental' as const);
      await startExecution(this.deps, this.scope, {
        integrationId: integrationOf(at),
        taskId: taskOf(at),
        trigger: 'manual',
        mode,
      });
      return true;
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'already-running')) throw error;
      return false;
    }
  }

  /** Has the next of the hosts do something, by its own clock. */
  async onHost<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#aheadMs;
    this.#aheadMs = this.#hostsAheadMs[this.#processes % this.#hostsAheadMs.length] ?? 0;
    this.#processes += 1;
    try {
      return await work();
    } finally {
      this.#aheadMs = before;
    }
  }

  /** The change feed brings the shards that were written since it brought them last, and may bring any of them again. */
  async feed(again: boolean): Promise<void> {
    const { shards } = this.deps;
    const written = shards.versions().filter(([id, etag]) => again || this.#fed.get(id) !== etag);
    const ids = new Set(written.map(([id]) => id));
    const documents = shards.all().filter(({ id }) => ids.has(id));
    await wakeLanes(this.deps, this.scope, documents);
    await projectConflicts(this.deps, this.scope, documents);
    for (const [id, etag] of written) this.#fed.set(id, etag);
  }

  /** Brings what nobody has been told of. @returns whether somebody is to write something */
  async wakes(): Promise<boolean> {
    await this.survive(() => this.feed(false));
    return this.deps.pushQueue.nextVisibleAtMs !== undefined;
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

  /** The record that a lane is writing, of the first that does so. */
  findWritten():
    | { readonly system: number; readonly record: SystemRecord | undefined; readonly intent: PushIntent }
    | undefined {
    const lane = this.deps.pushLanes.all().find(({ batch }) => batch !== undefined);
    const intent = lane?.batch?.intents[0];
    const system = this.systems.findIndex(({ name }) => lane?.integrationId.endsWith(`_${name}`));
    if (intent === undefined) return undefined;
    return { system, record: this.systems[system]?.records.get(intent.externalId ?? ''), intent };
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
    this.turns += 1;
    this.turnedAtMs = this.deps.clock.nowMs();
    return (
      (await this.survive(async () => {
        if (await this.deliver('push', false)) return true;
        if (await this.deliver('sync', false)) return true;
        if (await this.deps.orchestrations.step(this.deps)) return true;
        const next = this.#nextMs();
        if (!Number.isFinite(next)) return false;
        this.deps.clock.advanceTo(next);
        await this.tick();
        return true;
      })) ?? true
    );
  }

  /** When something is next to be done; what only waits for people is nothing. */
  #nextMs(): number {
    const { clock, due, syncQueue, pushQueue, orchestrations } = this.deps;
    const entries = due.all().map(({ document }) => ({ ...document, dueMs: Date.parse(document.dueAt) }));
    const soonMs = clock.nowMs() + waitsForPeopleMs;
    const dueMs = entries.filter(({ kind, dueMs: ms }) => kind !== 'conflict' || ms < soonMs).map((each) => each.dueMs);
    // A host that is behind finds an entry due when its own clock says so.
    const behindMs = Math.max(0, -this.#aheadMs);
    const waitingMs = orchestrations.nextDueAtMs ?? Number.POSITIVE_INFINITY;
    return Math.min(
      Math.min(...dueMs) + behindMs,
      waitingMs < soonMs ? waitingMs : Number.POSITIVE_INFINITY,
      syncQueue.nextVisibleAtMs ?? Number.POSITIVE_INFINITY,
      pushQueue.nextVisibleAtMs ?? Number.POSITIVE_INFINITY,
    );
  }

  /** A crash ends what was being done, and a new process goes on; a lost answer makes it come again. */
  async survive<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.onHost(work);
    } catch (error) {
      const isLost = error instanceof AppError && error.code === 'unavailable';
      if (!(error instanceof Crash) && !this.deps.faults.crashed && !isLost) throw error;
      if (this.deps.faults.crashed) this.deps.faults.restart();
      return undefined;
    }
  }

  /**
   * Reads everything whole, and lets all come to rest, until a round in which nothing changes any more and nothing is written: with nothing to do, nothing
   * is done. @returns rounds that were taken
   */
  async settle(most = 8): Promise<number> {
    await this.rest();
    for (let round = 1; round <= most; round += 1) {
      const before = this.state();
      this.deps.clock.advance(3_700_000);
      const isRead = await this.round();
      if (isRead && sameValue(before, this.state())) return round;
    }
    throw new Error('It does not come to rest');
  }

  /** One full run of each system, and all that follows from it. @returns false where one that had come to nothing was in the way */
  async round(): Promise<boolean> {
    let isRead = true;
    for (const index of this.systems.keys()) {
      if (!(await this.sync(index, true))) isRead = false;
      await this.rest();
    }
    return isRead;
  }

  async rest(): Promise<void> {
    for (let turn = 0; turn < 2000; turn += 1) {
      if (await this.turn()) continue;
      // What the change feed brings may be the last to wake somebody.
      const isFed = await this.survive(async () => {
        await this.feed(false);
        return true;
      });
      if (isFed === true && !Number.isFinite(this.#nextMs())) return;
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
