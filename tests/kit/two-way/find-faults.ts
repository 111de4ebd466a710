import { AppError } from '../../../shared/core/app-error.ts';
import type { ShardDocument, ShardSource } from '../../../shared/core/documents/shard.ts';
import { sameMeaning } from '../../../shared/core/two-way/same-meaning.ts';
import { Crash } from '../faults.ts';
import type { LogEntry } from '../memory-services.ts';
import type { Deeds } from './deeds.ts';
import type { FakeSystem } from './fake-system.ts';
import { findFaultsOfConflicts } from './faults-of-conflicts.ts';
import { findFaultsOfEdits } from './faults-of-edits.ts';
import {
  areAllWhole,
  idsOf,
  isOverwritten,
  isWhole,
  shardsByRecord,
  valueHere,
  wasDeleted,
  wasSettled,
} from './look-up.ts';
import { type MadeRecords, problemsOf } from './made-records.ts';
import { normalise } from './normalise.ts';
import { comesAgain, type Field, fields, type Program, pathOf, wholePart } from './program.ts';
import { integrationOf } from './set-up.ts';
import type { SystemRecord } from './system-record.ts';
import type { TwoWayWorld } from './world.ts';

/**
 * What must hold once everything has come to rest; in words, empty when all is well.
 *
 * @param isDecided people have decided whatever waited for them: then nothing is explained by that any more
 */
export function findFaults(
  world: TwoWayWorld,
  deeds: Deeds,
  made: MadeRecords,
  program: Program,
  isDecided: boolean,
): string[] {
  const look = new Look(world, deeds, made, program, isDecided);
  return [
    ...world.shards().flatMap((shard) => look.faultsOfShard(shard)),
    ...world.systems.flatMap((system, index) => look.faultsOfSystem(system, index)),
    ...findFaultsOfEdits(world, deeds, program),
    ...look.faultsOfCalm(),
    ...findFaultsOfConflicts(world, isDecided),
    ...deeds.denied.map((request) => `who repeated a request that was carried out was refused: ${request}`),
    ...world.deps.log.alerts
      .filter(isUnexpected)
      .map(({ message, fields: about }) => `alert: ${message} ${JSON.stringify(about)}`),
    ...[...world.deps.syncQueue.poison, ...world.deps.pushQueue.poison].map(({ reason }) => `poison: ${reason}`),
  ];
}

class Look {
  readonly #world: TwoWayWorld;
  readonly #deeds: Deeds;
  readonly #made: MadeRecords;
  readonly #program: Program;
  readonly #isDecided: boolean;
  readonly #shardOf: ReadonlyMap<string, ShardDocument>;

  constructor(world: TwoWayWorld, deeds: Deeds, made: MadeRecords, program: Program, isDecided: boolean) {
    this.#world = world;
    this.#deeds = deeds;
    this.#made = made;
    this.#program = program;
    this.#isDecided = isDecided;
    this.#shardOf = shardsByRecord(world);
  }

  faultsOfShard(shard: ShardDocument): string[] {
    const faults = [...this.#world.systems.keys()].flatMap((index) =>
      isWhole(this.#program, index) ? this.#faultsOfShardAt(shard, index) : [],
    );
    if (this.#isMadeTwice(shard)) faults.push(`${shard.id} was made by the engine alone`);
    if (shard.status === 'deleted' && !wasDeleted(shard, this.#deeds)) faults.push(`${shard.id} was falsely deleted`);
    if (shard.status === 'deleted' && this.#mustLive(shard)) faults.push(`${shard.id} was edited last, and is deleted`);
    return faults;
  }

  /** A record that was created and not known again comes back as somebody new; only a person can tell that where the system cannot. */
  #isMadeTwice({ sources }: ShardDocument): boolean {
    const canTell = this.#world.systems.every(
      ({ traits }) =>
        (traits.idempotentCreate && traits.keyHoldsMs === undefined) ||
        (traits.findsCreated && traits.findsAlike !== true),
    );
    const records = Object.values(sources).flatMap(({ externalId }) => this.#recordOf(externalId) ?? []);
    const areOurs = records.length === Object.keys(sources).length && records.every(({ key }) => key !== undefined);
    return canTell && !this.#program.matched && areOurs && !this.#made.isExplained(records);
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
    if (live.length > 1 && !wasDeleted(shard, this.#deeds) && !this.#program.matched && !wasSettled(shard, this.#deeds))
      faults.push(`${where}: doubled`);
    if (shard.status !== 'active') return faults;
    const differences = live.flatMap((source) => this.#differences(shard, system, source));
    return [...faults, ...differences.map((each) => `${where}: ${each}`)];
  }

  /** A person has to decide, or the system refuses it. */
  #isExplained(shard: ShardDocument, index: number, own: readonly ShardSource[]): boolean {
    const problem = problemsOf(this.#world).find(
      ({ shardId, integrationId }) => shardId === shard.id && integrationId === integrationOf(index),
    );
    if (problem?.isRefused === true) return true;
    if (this.#isDecided) return false;
    return own.some(({ held }) => held?.deletion !== undefined) || problem !== undefined;
  }

  /** Whoever edits it last keeps it, where that side wins anyway. */
  #mustLive(shard: ShardDocument): boolean {
    const { policy, matched } = this.#program;
    if (matched || !areAllWhole(this.#program)) return false;
    const isAsked = Object.values(shard.sources).some(({ held }) => held?.deletion !== undefined);
    if (isAsked && !this.#isDecided) return false;
    const ids = idsOf(shard);
    const deletedAt = Math.max(...ids.map((id) => this.#deeds.deleted.get(id) ?? 0));
    const last = this.#deeds.edits
      .filter(({ id, stays, follows }) => ids.includes(id) && stays !== true && follows !== true)
      .at(-1);
    // To go back to what was agreed on is no change.
    if (last === undefined || (last.made !== true && comesAgain(last.field, last.value))) return false;
    if (last.order < deletedAt || fields.some((each) => isOverwritten(this.#world, shard, each))) return false;
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
      const held = source.held?.fields[path];
      // What was seen before a write, hosts whose clocks differ cannot tell from what was seen after it where there are no versions, or both are of one instant.
      const isTold = this.#program.hostsAheadMs === undefined;
      if (held !== undefined && !this.#isDecided)
        return this.#overwritten(record, field, held.theirs !== undefined || !isTold);
      const [ours, theirs] = [valueHere(shard, field), record.fields[field]];
      const wanted = system.traits.rough && ours !== undefined ? normalise(field, ours) : ours;
      return sameMeaning(wanted, theirs) ? [] : [`${field} ${JSON.stringify(ours)} is ${JSON.stringify(theirs)} there`];
    });
  }

  /** What waits for a person there is what its people wrote, but for what a decision that was taken back has made of it. */
  #overwritten(record: SystemRecord, field: Field, isUndone: boolean): string[] {
    return record.ours.has(field) && !isUndone ? [`${field} waits, and was written at ${record.id}`] : [];
  }

  faultsOfSystem(system: FakeSystem, index: number): string[] {
    const faults = system
      .live()
      .flatMap((record) =>
        this.#shardOf.has(record.id) || !isWhole(this.#program, index) ? [] : [`${record.id} has no shard`],
      );
    const astray = this.#program.matched ? [] : system.live().filter((record) => this.#made.isAstray(record, system));
    faults.push(...astray.map(({ id }) => `${id} is that of another shard than it was made for`));
    if (system.traits.fetches) {
      const blind = system.writes.filter((write) => write.blind);
      faults.push(...blind.map(({ kind, id }) => `${id}: ${kind} without a look`));
    }
    if (system.traits.optimistic) {
      const loose = system.writes.filter(({ kind, conditional }) => kind !== 'create' && !conditional);
      faults.push(...loose.map(({ kind, id }) => `${id}: ${kind} whatever has become of it`));
    }
    // Which of an answer and a look was later, hosts whose clocks differ cannot tell where there are no versions.
    const { steps, hostsAheadMs } = this.#program;
    const isDisturbed =
      hostsAheadMs !== undefined ||
      steps.some(
        ({ event }) =>
          ['fault', 'crash', 'lose-answer'].includes(event.kind) || (event.kind === 'deliver' && event.again),
      );
    const idle = system.writes.filter((write) => write.idle);
    const { part = wholePart } = this.#program.systems[index] ?? {};
    if (part.direction === 'pull' && system.writes.length > 0) faults.push(`${system.name} is written to`);
    const isWritten = (kind: 'create' | 'delete') => system.writes.some((write) => write.kind === kind);
    // One that was deleted there, and is kept, is made anew.
    const hasLost = [...system.records.values()].some(({ deleted }) => deleted);
    if (!part.creates && !hasLost && isWritten('create'))
      faults.push(`${system.name} was given a record, and takes none`);
    if (part.deletions === 'ignore' && isWritten('delete'))
      faults.push(`${system.name} lost a record, and keeps its own`);
    // What is neither pulled nor fetched cannot be known to be there.
    const isKnown = part.direction !== 'push' || system.traits.fetches;
    const isLooked = isKnown && (!isDisturbed || system.traits.fetches);
    // A create can always be known to have happened: by its key, by looking for it, or by asking people.
    const forNothing = idle.filter(({ kind, id }) => (kind === 'create' ? !this.#isForAnother(system, id) : isLooked));
    faults.push(...forNothing.map(({ id, kind }) => `${id} is written without a difference (${kind})`));
    return faults;
  }

  /** The record that the create had made before is that of somebody else, who is the same in all that is known. */
  #isForAnother(system: FakeSystem, id: string): boolean {
    const key = system.records.get(id)?.key;
    const earlier = [...system.records.values()].find((record) => record.id !== id && record.key === key);
    const owner = this.#shardOf.get(earlier?.id ?? '');
    if (owner === undefined || owner.id === this.#shardOf.get(id)?.id) return false;
    return Object.values(owner.sources).some(({ externalId }) => this.#recordOf(externalId)?.key === undefined);
  }

  /** What one person does, and nobody else meanwhile, is told to each other system once, and to the own one not at all. */
  faultsOfCalm(): string[] {
    // What comes late from a system that is only written to is told with the next thing.
    if (this.#program.matched || !areAllWhole(this.#program)) return [];
    const hasWaited = this.#world.deps.conflicts.versions().length > 0;
    return this.#deeds.told.flatMap(({ event, writes }) =>
      writes.flatMap((count, index) => {
        const isOwn = 'system' in event && event.system % this.#world.systems.length === index;
        // What was in the bin is brought up to what happened meanwhile, and two records of one shard are told of each other. Of a clash both places have to be told.
        const isAlone = event.kind !== 'restore' && !this.#hasTwoAt(index);
        const least = (isOwn && isAlone) || event.kind === 'touch' ? 0 : 1;
        // And where something waited, to go back to what was agreed on is no change: then what is here is told.
        const most = event.kind === 'clash' ? 2 : hasWaited ? 1 : least;
        return count <= most
          ? []
          : [`${count} writes to ${this.#world.systems[index]?.name} of ${JSON.stringify(event)}`];
      }),
    );
  }

  #hasTwoAt(index: number): boolean {
    return this.#world
      .shards()
      .some(
        ({ sources }) =>
          Object.values(sources).filter(({ integrationId }) => integrationId === integrationOf(index)).length > 1,
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
