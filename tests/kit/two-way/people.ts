import { AppError } from '../../../shared/core/app-error.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import type { ConflictDocument } from '../../../shared/core/documents/conflict.ts';
import type { JsonObject } from '../../../shared/core/json.ts';
import type { Scope } from '../../../shared/core/scope.ts';
import { resolveConflict } from '../../../shared/use-cases/conflicts/resolve-conflict.ts';
import { resolveConflicts } from '../../../shared/use-cases/conflicts/resolve-conflicts.ts';
import { undoConflict } from '../../../shared/use-cases/conflicts/undo-conflict.ts';
import { createShard } from '../../../shared/use-cases/edit-shards/create-shard.ts';
import { deleteShard } from '../../../shared/use-cases/edit-shards/delete-shard.ts';
import { updateShard } from '../../../shared/use-cases/edit-shards/update-shard.ts';
import { retryPush } from '../../../shared/use-cases/push/retry-push.ts';
import { traceparent } from '../sync-harness.ts';
import type { Deeds } from './deeds.ts';
import { type MadeRecords, type Problem, problemsOf } from './made-records.ts';
import { type Event, type Field, fieldOf, valueOfField } from './program.ts';
import { Requests } from './requests.ts';
import type { SystemRecord } from './system-record.ts';
import type { TwoWayWorld } from './world.ts';

type Body = Parameters<typeof resolveConflict>[2]['body'];
type Take = NonNullable<Body['fields']>[number]['take'];

/** What people ask the product for. */
export type Request = Event & {
  kind: 'create-here' | 'edit-here' | 'delete-here' | 'read' | 'decide' | 'decide-alike' | 'undo' | 'retry' | 'again';
};

const takes: readonly Take[] = ['ours', 'theirs', 'value'];

/** The people of a program: they edit records where these are, ask the product for what its API offers, and say what is true. */
export class People {
  readonly #world: TwoWayWorld;
  readonly #deeds: Deeds;
  readonly #made: MadeRecords;
  readonly #scope: Scope = { tenantId: 'acme', actor: { kind: 'user', id: 'ana', role: 'admin' }, traceparent };
  /** What was read of conflicts, by id, and not decided since. */
  readonly #read = new Map<string, ConflictDocument>();
  readonly #requests: Requests;

  constructor(world: TwoWayWorld, deeds: Deeds, made: MadeRecords) {
    this.#world = world;
    this.#deeds = deeds;
    this.#made = made;
    this.#requests = new Requests(world, deeds);
  }

  create({ system, value }: { readonly system: number; readonly value: number }): void {
    const there = this.#world.system(system);
    const email = valueOfField('email', value) ?? null;
    if (there.refuses({ email })) return;
    const record = there.create({ name: `New ${value}`, email });
    for (const field of ['name', 'email'] as const) {
      const made = record.fields[field];
      if (made !== undefined) this.#deeds.edit({ place: there.name, id: record.id, field, value: made, made: true });
    }
  }

  changeThere(event: Event & { kind: 'edit' | 'delete' | 'restore' | 'touch' }): void {
    const system = this.#world.system(event.system);
    const gone = [...system.records.values()].filter(({ deleted }) => deleted);
    const record = pick(event.kind === 'restore' ? gone : system.live(), event.record);
    if (record === undefined) return;
    if (event.kind === 'touch') system.touch(record);
    else if (event.kind === 'edit') this.#edit(event.system, record, event.field, event.value);
    else this.#mark(event.system, record, event.kind === 'delete');
  }

  #edit(index: number, record: SystemRecord, field: Field, value: number): void {
    const system = this.#world.system(index);
    // It may have been deleted since it was looked for.
    if (record.deleted) return;
    if (field === 'email' && system.refuses({ email: valueOfField(field, value) ?? null }, record)) return;
    const before = record.fields[field];
    system.edit(record, field, valueOfField(field, value));
    const made = record.fields[field];
    if (!sameValue(before, made)) this.#deeds.edit({ place: system.name, id: record.id, field, value: made });
  }

  /** A change there that says nothing of the fields that are read, but keeps them from being read. */
  garble({ kind, system: index, record }: Event & { kind: 'garble' | 'mend' }): void {
    const system = this.#world.system(index);
    const isGarbled = kind === 'garble';
    const found = pick(
      system.live().filter((each) => (each.isGarbled === true) !== isGarbled),
      record,
    );
    if (found === undefined) return;
    found.isGarbled = isGarbled;
    system.touch(found);
  }

  #mark(index: number, record: SystemRecord, deleted: boolean): void {
    if (record.deleted === deleted) return;
    this.#deeds.markDeleted(record.id);
    this.#world.system(index).mark(record, deleted);
  }

  /** Of one person, two places that know nothing of each other. */
  async clash({ shard: index, places, field, value, other, apartMs = 0 }: Event & { kind: 'clash' }): Promise<void> {
    const shard = pick(
      this.#world.shards().filter(({ status }) => status === 'active'),
      index,
    );
    if (shard === undefined) return;
    const records = this.#world.systems.flatMap(({ records: all }, system) =>
      Object.values(shard.sources).flatMap(({ externalId }) => {
        const record = all.get(externalId);
        return record === undefined || record.deleted ? [] : [{ system, record }];
      }),
    );
    const all = [...records, undefined];
    const [first, second] = [all[places % all.length], all[(places + 1) % all.length]];
    if (first === undefined) await this.#editHere(shard.id, field, value);
    else this.#edit(first.system, first.record, field, value);
    this.#world.deps.clock.advance(apartMs);
    if (second === undefined && other === undefined) await this.#deleteHere(shard.id);
    else if (second === undefined) await this.#editHere(shard.id, field, other ?? 0);
    else if (other === undefined) this.#mark(second.system, second.record, true);
    else this.#edit(second.system, second.record, field, other);
  }

  /** Something is being written: whoever it is about changes meanwhile. */
  async disturb({ how, field, value }: Event & { kind: 'disturb' }): Promise<void> {
    const { intent, system, record } = this.#world.findWritten() ?? {};
    if (intent === undefined || system === undefined) return;
    if (how === 'edit-here') return this.#editHere(intent.shardId, field, value);
    if (how === 'delete-here') return this.#deleteHere(intent.shardId);
    if (record === undefined || record.deleted) return;
    if (how === 'edit') this.#edit(system, record, field, value);
    else this.#mark(system, record, true);
  }

  /** A request to the API. What it may be refused for is no fault. */
  async ask(event: Request): Promise<void> {
    const active = () =>
      pick(
        this.#world.shards().filter(({ status }) => status === 'active'),
        'shard' in event ? event.shard : 0,
      )?.id;
    switch (event.kind) {
      case 'create-here':
        return this.#createHere(event.value);
      case 'edit-here':
        return this.#editHere(active(), event.field, event.value);
      case 'delete-here':
        return this.#deleteHere(active());
      case 'read':
        return this.#readAll();
      case 'decide':
        return this.decide(pick(this.#conflicts('open'), event.conflict), event);
      case 'decide-alike':
        return this.#decideAlike(event);
      case 'undo':
        return this.undo(pick(this.#conflicts('resolved', 'expired'), event.conflict));
      case 'retry':
        return this.retry(pick(problemsOf(this.#world), event.problem));
      case 'again':
        return this.#requests.repeat();
    }
  }

  async #createHere(value: number): Promise<void> {
    const { deps } = this.#world;
    const email = valueOfField('email', value);
    const data = { name: `New ${value}`, ...(email === undefined ? {} : { email }) };
    await this.#requests.send([], (attempt) =>
      createShard(deps, this.#scope, { ...nothing, body: { shardTypeId: 'contact', data }, attempt }),
    );
  }

  async #editHere(shardId: string | undefined, field: Field, value: number): Promise<void> {
    if (shardId === undefined) return;
    const { deps } = this.#world;
    const given = valueOfField(field, value) ?? null;
    const data: JsonObject = field === 'city' ? { address: { city: given } } : { [field]: given };
    await this.#requests.send(['wrong-state'], (attempt) =>
      updateShard(deps, this.#scope, { ...nothing, params: { shardId }, body: { data }, attempt }),
    );
  }

  async #deleteHere(shardId: string | undefined): Promise<void> {
    if (shardId === undefined) return;
    const { deps } = this.#world;
    await this.#requests.send([], (attempt) =>
      deleteShard(deps, this.#scope, { ...nothing, params: { shardId }, attempt }),
    );
  }

  #conflicts(...states: readonly ConflictDocument['state'][]): ConflictDocument[] {
    return this.#world.deps.conflicts.all().filter(({ state }) => states.includes(state));
  }

  #readAll(): void {
    for (const conflict of this.#conflicts('open')) this.#read.set(conflict.id, conflict);
  }

  /** Decides by what was read of it last, and has read it anew once that is refused. */
  async decide(
    open: ConflictDocument | undefined,
    { choice, value, rule }: { readonly choice: number; readonly value: number; readonly rule: boolean },
  ): Promise<void> {
    if (open === undefined) return;
    const conflict = this.#read.get(open.id) ?? open;
    this.#read.delete(open.id);
    const chosen = Object.keys(conflict.fields).map((path, index) => {
      const take = takes[(choice + index) % takes.length] ?? 'ours';
      const field = fieldOf(path) ?? 'name';
      const other = valueOfField(field, value) ?? valueOfField(field, value + 1);
      const version = conflict.fields[path]?.version;
      return { field: path, take, version, ...(take === 'value' ? { value: other } : {}) };
    });
    const isRule = rule && chosen.every(({ take }) => take !== 'value');
    const body: Body =
      conflict.about === 'deletion'
        ? { deletion: choice % 2 === 0 ? 'keep' : 'delete', rule: false }
        : { fields: chosen, rule: isRule };
    await this.#requests.send(
      ['wrong-state', 'conflict-changed', 'invalid-request'],
      (attempt) => {
        this.#deeds.seen.set(`${conflict.id} ${attempt.at.toISOString()}`, conflict.fields);
        return resolveConflict(this.#world.deps, this.#scope, {
          ...nothing,
          params: { conflictId: conflict.id },
          body,
          attempt,
        });
      },
      (at) => {
        const { state, decision } = this.#conflict(conflict.id) ?? {};
        return state === 'resolved' && decision?.at === at && decision.actorId === this.#scope.actor.id;
      },
    );
  }

  #conflict(id: string): ConflictDocument | undefined {
    return this.#world.deps.conflicts.peek(this.#world.scope, { id })?.document;
  }

  async #decideAlike({ conflict, choice, rule }: Event & { kind: 'decide-alike' }): Promise<void> {
    const like = pick(this.#conflicts('open'), conflict);
    if (like === undefined) return;
    const body =
      like.about === 'deletion'
        ? { like: like.id, deletion: choice === 0 ? ('keep' as const) : ('delete' as const), rule: false }
        : { like: like.id, take: choice === 0 ? ('ours' as const) : ('theirs' as const), rule };
    await this.#requests.send([], (attempt) =>
      resolveConflicts(this.#world.deps, this.#scope, { ...nothing, body, attempt }),
    );
  }

  async undo(conflict: ConflictDocument | undefined): Promise<void> {
    if (conflict === undefined) return;
    await this.#requests.send(
      ['wrong-state', 'cannot-undo'],
      (attempt) =>
        undoConflict(this.#world.deps, this.#scope, { ...nothing, params: { conflictId: conflict.id }, attempt }),
      (at) => {
        const { state, decision } = this.#conflict(conflict.id) ?? {};
        return state === 'open' && decision?.undone?.at === at;
      },
    );
  }

  /** Says of a create that may have happened what is true, which people can see. */
  async retry(problem: Problem | undefined): Promise<void> {
    if (problem === undefined) return;
    const { shardId, system, integrationId, state } = problem;
    const made = this.#made.find(shardId, system);
    const created = made === undefined ? (false as const) : { externalId: made };
    (state === 'held' ? this.#deeds.settled : this.#deeds.retried).add(shardId);
    let isTaken = false;
    const say = (said: false | { externalId: string }) =>
      this.#requests.send(['wrong-state', 'not-found', 'in-use'], async (attempt) => {
        isTaken = false;
        const body = state === 'held' ? { created: said } : undefined;
        const input = { ...nothing, params: { integrationId, shardId }, body, attempt };
        await retryPush(this.#world.deps, this.#scope, input).catch((error: unknown) => {
          isTaken = error instanceof AppError && error.code === 'in-use';
          throw error;
        });
      });
    await say(created);
    // Somebody who is the same has it, and keeps it: then there is none for this one.
    if (isTaken) await say(false);
  }

  /** Has nothing left that waits for people. @returns whether there was anything */
  async clearDesk(round: number): Promise<boolean> {
    this.#read.clear();
    const open = this.#conflicts('open');
    // What is refused because of somebody else they have tried once more, and leave.
    const problems = problemsOf(this.#world).filter(({ isRefused }) => round === 0 || !isRefused);
    for (const [index, conflict] of open.entries()) {
      await this.decide(conflict, { choice: index + round, value: 1000 + 10 * round + index, rule: false });
    }
    for (const problem of problems) await this.retry(problem);
    return open.length + problems.length > 0;
  }

  /** Takes back what can be taken back. */
  async waver(): Promise<void> {
    for (const conflict of this.#conflicts('resolved', 'expired')) await this.undo(conflict);
  }
}

const nothing = { params: undefined, query: undefined, body: undefined, ifMatch: undefined };

function pick<T>(choices: readonly T[], index: number): T | undefined {
  return choices[index % Math.max(choices.length, 1)];
}
