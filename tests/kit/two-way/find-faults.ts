import type { ConflictPolicy } from '../../../shared/contracts/conflict-policy.ts';
import { AppError } from '../../../shared/core/app-error.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import type { ShardDocument, ShardSource } from '../../../shared/core/documents/shard.ts';
import { readPath } from '../../../shared/core/field-path.ts';
import type { Json } from '../../../shared/core/json.ts';
import { routeKeyOf } from '../../../shared/core/two-way/push-routes.ts';
import { sameMeaning } from '../../../shared/core/two-way/same-meaning.ts';
import { Crash } from '../faults.ts';
import type { LogEntry } from '../memory-services.ts';
import type { FakeSystem, SystemRecord } from './fake-system.ts';
import { normalise } from './normalise.ts';
import { comesAgain, type Field, fields, type Program, wholePart } from './program.ts';
import type { Deeds, Edit } from './run-program.ts';
import { integrationOf, pathOf, type TwoWayWorld } from './world.ts';

/** What must hold once everything has come to rest; in words, empty when all is well. */
export async function findFaults(world: TwoWayWorld, deeds: Deeds, program: Program): Promise<string[]> {
  const look = new Look(world, deeds, program);
  const faults = [
    ...world.shards().flatMap((shard) => look.faultsOfShard(shard)),
    ...world.systems.flatMap((system, index) => look.faultsOfSystem(system, index)),
    ...look.faultsOfEdits(),
    ...look.faultsOfCalm(),
    ...world.deps.log.alerts
      .filter(isUnexpected)
      .map(({ message, fields: about }) => `alert: ${message} ${JSON.stringify(about)}`),
    ...[...world.deps.syncQueue.poison, ...world.deps.pushQueue.poison].map(({ reason }) => `poison: ${reason}`),
  ];
  return faults.length > 0 ? faults : faultsOfRest(world);
}

/** Once more, with nothing to do: nothing is written anywhere. */
async function faultsOfRest(world: TwoWayWorld): Promise<string[]> {
  const before = world.state();
  const written = world.systems.map(({ writes }) => writes.length);
  world.deps.clock.advance(3_700_000);
  await world.round();
  return [
    ...(before === world.state() ? [] : [`changes at rest: ${before} became ${world.state()}`]),
    ...world.systems.flatMap(({ name, writes }, index) =>
      writes.length === written[index] ? [] : [`${name} is written to at rest`],
    ),
  ];
}

class Look {
  readonly #world: TwoWayWorld;
  readonly #deeds: Deeds;
  readonly #program: Program;
  readonly #shardOf = new Map<string, ShardDocument>();

  constructor(world: TwoWayWorld, deeds: Deeds, program: Program) {
    this.#world = world;
    this.#deeds = deeds;
    this.#program = program;
    for (const shard of world.shards()) {
      for (const { externalId } of Object.values(shard.sources)) this.#shardOf.set(externalId, shard);
    }
  }

  faultsOfShard(shard: ShardDocument): string[] {
    const faults = [...this.#world.systems.keys()].flatMap((index) =>
      this.#isWhole(index) ? this.#faultsOfShardAt(shard, index) : [],
    );
    if (this.#isMadeTwice(shard)) faults.push(`${shard.id} was made by the engine alone`);
    if (shard.status === 'deleted' && !this.#wasDeleted(shard)) faults.push(`${shard.id} was falsely deleted`);
    if (shard.status === 'deleted' && this.#mustLive(shard)) faults.push(`${shard.id} was edited last, and is deleted`);
    return faults;
  }

  /** A record that was created and not known again comes back as somebody new; only a person can tell that where the system cannot. */
  #isMadeTwice({ sources }: ShardDocument): boolean {
    const canTell = this.#world.systems.every(({ traits }) => traits.idempotentCreate || traits.findsCreated);
    const records = Object.values(sources).map(({ externalId }) => this.#recordOf(externalId));
    return canTell && !this.#program.matched && records.every((record) => record?.key !== undefined);
  }

  #recordOf(id: string): SystemRecord | undefined {
    return this.#world.systems.map(({ records }) => records.get(id)).find((record) => record !== undefined);
  }

  #faultsOfShardAt(shard: ShardDocument, index: number): string[] {
    const system = this.#world.system(index);
    const own = Object.values(shard.sources).filter(({ integrationId }) => integrationId === integrationOf(index));
    const where = `${shard.id} at ${system.name}`;
    const faults = own.flatMap(({ externalId, deleted }) =>
      system.records.get(externalId)?.deleted === deleted
        ? []
        : [`${where}: ${externalId} is there, or not, unnoticed`],
    );
    if (this.#isExplained(shard, index, own)) return faults;
    const live = own.filter(({ externalId }) => system.records.get(externalId)?.deleted === false);
    // Of what says nothing, no record is made.
    const saysSomething = fields.some((field) => (valueHere(shard, field) ?? null) !== null);
    if (shard.status === 'active' && live.length === 0 && saysSomething) faults.push(`${where}: lost`);
    if (shard.status === 'deleted' && live.length > 0) faults.push(`${where}: still there`);
    if (live.length > 1 && !this.#wasDeleted(shard) && !this.#program.matched) faults.push(`${where}: doubled`);
    if (shard.status !== 'active') return faults;
    const differences = live.flatMap((source) => this.#differences(shard, system, source));
    return [...faults, ...differences.map((each) => `${where}: ${each}`)];
  }

  /** Whether all that happens there is to be seen everywhere, and the other way round. */
  #isWhole(index: number): boolean {
    const { part = wholePart } = this.#program.systems[index] ?? {};
    return sameValue({ ...part }, { ...wholePart });
  }

  /** A person has to decide, or the system refuses it. */
  #isExplained(shard: ShardDocument, index: number, own: readonly ShardSource[]): boolean {
    const key = routeKeyOf({ integrationId: integrationOf(index), object: 'people' });
    return own.some(({ held }) => held?.deletion !== undefined) || shard.pushProblems?.[key] !== undefined;
  }

  #wasDeleted(shard: ShardDocument): boolean {
    return idsOf(shard).some((id) => this.#deeds.deleted.has(id));
  }

  /** Whoever edits it last keeps it, where that side wins anyway. */
  #mustLive(shard: ShardDocument): boolean {
    const { policy, matched, systems } = this.#program;
    if (matched || systems.some((_, index) => !this.#isWhole(index))) return false;
    const ids = idsOf(shard);
    const deletedAt = Math.max(...ids.map((id) => this.#deeds.deleted.get(id) ?? 0));
    const last = this.#deeds.edits.filter(({ id }) => ids.includes(id)).at(-1);
    if (last === undefined || last.order < deletedAt || fields.some((each) => this.#isOverwritten(shard, each)))
      return false;
    if (policy === 'merge') return true;
    // To each system, what came from the other one is an edit of ours.
    const wasDeletedHere =
      this.#deeds.deleted.has(shard.id) && ids.every((id) => id === shard.id || !this.#deeds.deleted.has(id));
    if (policy === 'external_wins') return wasDeletedHere && last.place !== 'here';
    return policy === 'internal_wins' && last.place === 'here';
  }

  #differences(shard: ShardDocument, system: FakeSystem, source: ShardSource): string[] {
    const record = system.records.get(source.externalId);
    if (record === undefined) return [];
    return fields.flatMap((field) => {
      const path = pathOf(field);
      if (source.held?.fields[path] !== undefined) return [];
      const [ours, theirs] = [valueHere(shard, field), record.fields[field]];
      const wanted = system.traits.rough && ours !== undefined ? normalise(field, ours) : ours;
      return sameMeaning(wanted, theirs) ? [] : [`${field} ${JSON.stringify(ours)} is ${JSON.stringify(theirs)} there`];
    });
  }

  faultsOfSystem(system: FakeSystem, index: number): string[] {
    const faults = system
      .live()
      .flatMap((record) =>
        this.#shardOf.has(record.id) || !this.#isWhole(index) ? [] : [`${record.id} has no shard`],
      );
    if (system.traits.fetches) {
      const blind = system.writes.filter((write) => write.blind);
      faults.push(...blind.map(({ kind, id }) => `${id}: ${kind} without a look`));
    }
    const isDisturbed = this.#program.steps.some(({ event }) => ['fault', 'crash', 'lose-answer'].includes(event.kind));
    const idle = system.writes.filter((write) => write.idle);
    const { part = wholePart } = this.#program.systems[index] ?? {};
    if (part.direction === 'pull' && system.writes.length > 0) faults.push(`${system.name} is written to`);
    // What is neither pulled nor fetched cannot be known to be there.
    const isKnown = part.direction !== 'push' || system.traits.fetches;
    if (isKnown && (!isDisturbed || system.traits.fetches))
      faults.push(...idle.map(({ id }) => `${id} is written without a difference`));
    return faults;
  }

  /** What one person does, and nobody else meanwhile, is told to each other system once, and to the own one not at all. */
  faultsOfCalm(): string[] {
    // What comes late from a system that is only written to is told with the next thing.
    if (this.#program.matched || this.#world.systems.some((_, index) => !this.#isWhole(index))) return [];
    return this.#deeds.told.flatMap(({ event, writes }) =>
      writes.flatMap((count, index) => {
        const isOwn = 'system' in event && event.system % this.#world.systems.length === index;
        // What was in the bin is brought up to what happened meanwhile.
        const most = (isOwn && event.kind !== 'restore') || event.kind === 'touch' ? 0 : 1;
        return count <= most
          ? []
          : [`${count} writes to ${this.#world.systems[index]?.name} of ${JSON.stringify(event)}`];
      }),
    );
  }

  /** Of each field, what it has now is what somebody wrote last at one of the places. */
  faultsOfEdits(): string[] {
    const last = new Map<string, Map<string, Edit>>();
    for (const edit of this.#deeds.edits) {
      const shard =
        edit.place === 'here' ? this.#world.shards().find(({ id }) => id === edit.id) : this.#shardOf.get(edit.id);
      if (shard === undefined) continue;
      const key = `${shard.id} ${edit.field}`;
      last.set(key, (last.get(key) ?? new Map()).set(edit.place, edit));
    }
    return [...last].flatMap(([key, byPlace]) => {
      const [shardId = '', field = 'name'] = key.split(' ') as [string, Field];
      const shard = this.#world.shards().find(({ id }) => id === shardId);
      return shard === undefined ? [] : this.#lostEdits(shard, field, [...byPlace.values()]);
    });
  }

  #lostEdits(shard: ShardDocument, field: Field, edits: readonly Edit[]): string[] {
    if (shard.status !== 'active' || this.#wasDeleted(shard) || this.#program.matched) return [];
    if (this.#world.systems.some((_, index) => !this.#isWhole(index))) return [];
    const path = pathOf(field);
    if (
      Object.values(shard.sources).some(({ held }) => held?.fields[path] !== undefined || held?.deletion !== undefined)
    )
      return [];
    if (this.#isOverwritten(shard, field)) return [];
    const now = valueHere(shard, field);
    const policy = this.#program.fields[field] ?? this.#program.policy;
    const winner = this.#winnerOf(policy, edits);
    if (winner !== undefined && !sameMeaning(now, winner.value) && !isRoughly(field, now, winner.value))
      return [`${shard.id}: ${field} is ${JSON.stringify(now)}, and ${policy} with ${JSON.stringify(edits)}`];
    if (policy === 'merge' && edits.length > 1) return [];
    if (edits.some(({ value }) => sameMeaning(now, value) || isRoughly(field, now, value))) return [];
    return [`${shard.id}: ${field} is ${JSON.stringify(now)}, lost: ${JSON.stringify(edits)}`];
  }

  /** The last edit of all wins, where its side does so anyway. */
  #winnerOf(policy: ConflictPolicy, edits: readonly Edit[]): Edit | undefined {
    const last = edits.reduce((one, other) => (other.order > one.order ? other : one));
    const isHere = last.place === 'here';
    const isOnlyThere = edits.filter(({ place }) => place !== 'here').length === 1;
    if (edits.length === 1) return last;
    if (comesAgain(last.field, last.value)) return undefined;
    if (policy === 'internal_wins' && isHere) return last;
    return policy === 'external_wins' && !isHere && isOnlyThere ? last : undefined;
  }

  #isOverwritten(shard: ShardDocument, field: Field): boolean {
    const ids = new Set(Object.values(shard.sources).map(({ externalId }) => externalId));
    return this.#world.systems.some(({ writes }) =>
      writes.some(({ id, overwritten }) => ids.has(id) && overwritten.includes(field)),
    );
  }
}

/** Where the program lost an answer, or a process, or slept in the midst of a run, it had to be told. */
function isUnexpected({ message, fields: { error } }: LogEntry): boolean {
  return (
    message !== 'a run had lost its task' &&
    !(error instanceof Crash) &&
    !(error instanceof AppError && error.code === 'unavailable')
  );
}

function idsOf(shard: ShardDocument): string[] {
  return [shard.id, ...Object.values(shard.sources).map(({ externalId }) => externalId)];
}

function isRoughly(field: Field, now: Json | undefined, value: Json | undefined): boolean {
  return now !== undefined && value !== undefined && sameValue(normalise(field, now), normalise(field, value));
}

function valueHere(shard: ShardDocument, field: Field): Json | undefined {
  return readPath(shard.data as Json, pathOf(field).split('.'));
}
