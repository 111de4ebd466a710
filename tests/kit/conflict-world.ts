import { z } from 'zod';
import type { ConflictPolicy } from '../../shared/contracts/conflict-policy.ts';
import {
  conflict as conflictContract,
  type resolveConflict as resolveRoute,
} from '../../shared/contracts/conflicts.ts';
import { conflictId as conflictIdSchema } from '../../shared/contracts/identifiers.ts';
import { defaultHoldThresholds } from '../../shared/contracts/tasks.ts';
import type { Adapter } from '../../shared/core/adapter.ts';
import type { ConflictDocument } from '../../shared/core/documents/conflict.ts';
import type { ShardDocument } from '../../shared/core/documents/shard.ts';
import type { TaskDocument } from '../../shared/core/documents/task.ts';
import type { Json, JsonObject } from '../../shared/core/json.ts';
import { linkIdOf } from '../../shared/core/observation.ts';
import type { InputOf } from '../../shared/core/route-input.ts';
import { type Scope, systemScope } from '../../shared/core/scope.ts';
import { projectConflicts } from '../../shared/use-cases/conflicts/project-conflicts.ts';
import { resolveConflict } from '../../shared/use-cases/conflicts/resolve-conflict.ts';
import { undoConflict } from '../../shared/use-cases/conflicts/undo-conflict.ts';
import { runDueEntries } from '../../shared/use-cases/run-due-entries.ts';
import { createMemoryDeps, type MemoryDeps } from './memory-ports.ts';
import { survive, traceparent } from './sync-harness.ts';
import { epochMs, type Look, routeTo, TwoWayShard } from './two-way-look.ts';

const adapter: Adapter<Record<string, never>> = {
  id: 'crm',
  label: 'CRM',
  description: 'A provider that takes writes',
  settings: z.strictObject({}),
  auth: ['none'],
  requestsPerMinute: 1000,
  baseUrl: () => 'https://crm.example',
  authorisation: () => ({ kind: 'none' }),
  objects: () => [
    {
      name: 'people',
      incremental: true,
      maxPageSize: 1000,
      writes: { create: true, update: true, delete: true, batchSize: 10, optimistic: false, idempotentCreate: false },
    },
  ],
  check: async () => undefined,
  push: async () => {
    throw new Error('Nothing is pushed in these tests');
  },
};

type Body = NonNullable<InputOf<typeof resolveRoute>['body']>;
export type Decision = Pick<Body, 'fields' | 'deletion'> & { readonly rule?: boolean };

export interface Case {
  readonly base?: JsonObject;
  readonly ours?: Readonly<Record<string, Json | undefined>>;
  readonly theirs?: JsonObject;
  readonly externalId?: string;
  /** How many seconds later than usual it comes up. */
  readonly since?: number;
}

/** One tenant with a task that pushes to a CRM, and shards that hold conflicts with it. */
export class ConflictWorld {
  readonly deps: MemoryDeps = createMemoryDeps({ adapters: [adapter] });
  readonly person: Scope;
  readonly integrationId = this.deps.newId('integration');
  readonly taskId = this.deps.newId('task');
  readonly #system = systemScope('acme', 'test', traceparent);
  #cases = 0;

  constructor(role: Scope['actor']['role'] = 'admin') {
    this.person = { tenantId: 'acme', actor: { kind: 'user', id: 'ana', role }, traceparent };
  }

  static async create(
    settings: Partial<TaskDocument['conflicts']> = {},
    role?: Scope['actor']['role'],
  ): Promise<ConflictWorld> {
    const world = new ConflictWorld(role);
    const now = world.deps.now().toISOString();
    const common = { tenantId: 'acme', schemaVersion: 1, createdAt: now, updatedAt: now } as const;
    const { deps, integrationId } = world;
    await deps.integrations.write(world.#system, {
      kind: 'create',
      document: {
        ...common,
        id: integrationId,
        kind: 'integration',
        provider: 'crm',
        name: 'CRM',
        settings: {},
        enabled: true,
      },
    });
    const fields = ['name', 'email', 'phone', 'tags', 'address.city'].map((to) => ({
      to,
      from: to,
      transforms: [],
      required: false,
    }));
    await deps.tasks.write(world.#system, {
      kind: 'create',
      document: {
        ...common,
        id: world.taskId,
        kind: 'task',
        integrationId,
        name: 'People',
        direction: 'push',
        creates: true,
        conflicts: { policy: 'manual', fields: {}, remindAfterMinutes: 1440, onDeadline: 'internal_wins', ...settings },
        mode: 'incremental',
        objects: [{ object: 'people', shardTypeId: 'contact', fields }],
        schedule: { kind: 'manual' },
        enabled: true,
        pageSize: 100,
        lookBackSeconds: 60,
        bulk: 'never',
        deletions: 'mirror',
        watermarks: {},
        holds: defaultHoldThresholds,
      },
    });
    return world;
  }

  get scope(): Scope {
    return this.#system;
  }

  linkId(externalId = 'p1'): string {
    return linkIdOf(this.integrationId, 'people', externalId, 'contact');
  }

  /** A shard of which both sides changed fields; stored, and noted unless asked otherwise. Its conflict's id. */
  async conflict(given: Case = {}, noted = true): Promise<string> {
    const { base = { name: 'Ana' }, ours = { name: 'Bor' }, theirs = { name: 'Cene' } } = given;
    const { externalId = 'p1', since = 0 } = given;
    const shard = this.#shard().see(this.#look(externalId, base, 0));
    shard.edit(10, ours).see(this.#look(externalId, { ...base, ...theirs }, 20 + since));
    return this.#store(shard, externalId, noted);
  }

  /** A shard that was deleted on one side and edited on the other. */
  async deletion(where: 'here' | 'there', externalId = 'p1'): Promise<string> {
    const shard = this.#shard().see(this.#look(externalId, { name: 'Ana' }, 0));
    if (where === 'here') shard.remove(10).see(this.#look(externalId, { name: 'Cene' }, 20));
    else shard.edit(10, { name: 'Bor' }).see(this.#look(externalId, undefined, 20));
    return this.#store(shard, externalId, true);
  }

  #shard(): TwoWayShard {
    return new TwoWayShard([routeTo(this.integrationId)]);
  }

  #look(externalId: string, record: JsonObject | undefined, second: number): Look {
    return { integration: this.integrationId, externalId, second, ...(record === undefined ? {} : { record }) };
  }

  async #store(made: TwoWayShard, externalId: string, noted: boolean): Promise<string> {
    this.#cases += 1;
    const shard: ShardDocument = { ...made.get(), id: this.deps.newId('shard') };
    await this.deps.shards.write(this.#system, { kind: 'create', document: shard });
    this.deps.clock.advanceTo(epochMs + 60_000 + this.#cases);
    if (noted) await this.project(shard);
    return conflictIdSchema.parse(shard.sources[this.linkId(externalId)]?.held?.conflictId);
  }

  /** The change feed delivers a shard, as it is unless another version is given. */
  async project(...shards: readonly ShardDocument[]): Promise<void> {
    await projectConflicts(this.deps, this.#system, shards.length === 0 ? this.deps.shards.all() : shards);
  }

  read(id: string): ConflictDocument {
    const found = this.deps.conflicts.all().find((each) => each.id === id);
    if (found === undefined) throw new Error(`There is no conflict ${id}`);
    return found;
  }

  shard(externalId = 'p1'): ShardDocument {
    const found = this.deps.shards.all().find(({ sources }) => sources[this.linkId(externalId)] !== undefined);
    if (found === undefined) throw new Error(`No shard has ${externalId}`);
    return found;
  }

  /** Changes the shard behind everybody's back: the provider shows another record, or somebody edits. */
  async change(
    step: (shard: TwoWayShard, look: (record: JsonObject | undefined) => Look) => void,
    externalId = 'p1',
  ): Promise<void> {
    const stored = await this.deps.shards.get(this.#system, { id: this.shard(externalId).id });
    if (stored === undefined) throw new Error('The shard is gone');
    const shard = new TwoWayShard([routeTo(this.integrationId)], stored.document);
    const second = (this.deps.clock.nowMs() - epochMs) / 1000 + 1;
    step(shard, (record) => this.#look(externalId, record, second));
    const document = { ...shard.get(), id: stored.document.id };
    await this.deps.shards.write(this.#system, { kind: 'replace', document, etag: stored.etag });
  }

  async resolve(id: string, decision: Decision, more: { ifMatch?: readonly string[]; repeated?: boolean } = {}) {
    const answer = await resolveConflict(this.deps, this.person, {
      params: { conflictId: id },
      query: undefined,
      body: { rule: false, ...decision },
      ifMatch: more.ifMatch,
      attempt: { at: this.deps.now(), repeated: more.repeated ?? false },
    });
    return conflictContract.parse(answer.body);
  }

  async undo(id: string, repeated = false) {
    const answer = await undoConflict(this.deps, this.person, {
      params: { conflictId: id },
      query: undefined,
      body: undefined,
      ifMatch: undefined,
      attempt: { at: this.deps.now(), repeated },
    });
    return conflictContract.parse(answer.body);
  }

  /** Lets time go by: orchestrations and the clock do what comes due, and a process that crashed is started again. */
  async pass(hours: number): Promise<void> {
    const endMs = this.deps.clock.nowMs() + hours * 3_600_000;
    for (let turn = 0; turn < 10_000; turn += 1) {
      const worked = await survive(this.deps, () => this.deps.orchestrations.step(this.deps));
      if (worked !== false) continue;
      await survive(this.deps, async () => {
        await runDueEntries(this.deps, traceparent);
      });
      const dueMs = this.deps.due.all().map(({ document }) => Date.parse(document.dueAt));
      const next = Math.min(...dueMs, this.deps.orchestrations.nextDueAtMs ?? Number.POSITIVE_INFINITY, endMs);
      if (next >= endMs && this.deps.clock.nowMs() >= endMs) return;
      this.deps.clock.advanceTo(next);
    }
    throw new Error('It does not come to rest');
  }

  eventsOf(type: string): { readonly at: string; readonly data: JsonObject }[] {
    return this.deps.events
      .all()
      .flatMap((event) => (event.type === type ? [{ at: event.at, data: event.data as JsonObject }] : []));
  }

  async policies(): Promise<Readonly<Record<string, ConflictPolicy>>> {
    return (await this.deps.tasks.get(this.#system, { id: this.taskId }))?.document.conflicts.fields ?? {};
  }
}
