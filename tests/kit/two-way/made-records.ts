import type { PushState, ShardDocument } from '../../../shared/core/documents/shard.ts';
import type { FakeSystem } from './fake-system.ts';
import { valueHere } from './look-up.ts';
import { integrationOf } from './set-up.ts';
import { foldAddress } from './show-record.ts';
import type { SystemRecord } from './system-record.ts';
import type { TwoWayWorld } from './world.ts';

/** A shard that could not be written to a system, or of which nobody knows whether it was. */
export interface Problem {
  readonly shardId: string;
  readonly system: FakeSystem;
  readonly integrationId: string;
  readonly state: PushState;
  /** It stays so until people change one of two: another record, be it in the bin or the same person's, has the address of the shard. */
  readonly isRefused: boolean;
}

export function problemsOf(world: TwoWayWorld): Problem[] {
  return world.shards().flatMap((shard) =>
    world.systems.flatMap((system, index) => {
      const integrationId = integrationOf(index);
      const { state, reason } = shard.pushProblems?.[`${integrationId}:people`] ?? {};
      if (state === undefined) return [];
      const isRefused = state === 'failed' && reason !== '' && isTakenAt(shard, system);
      return [{ shardId: shard.id, system, integrationId, state, isRefused }];
    }),
  );
}

function isTakenAt(shard: ShardDocument, { traits, records }: FakeSystem): boolean {
  const address = foldAddress(valueHere(shard, 'email'));
  if (traits.unique !== true || address === undefined || shard.status !== 'active') return false;
  const own = Object.values(shard.sources).flatMap(({ externalId }) => records.get(externalId) ?? []);
  const live = own.filter(({ deleted }) => !deleted);
  const isTakenFrom = (lacking?: SystemRecord) =>
    [...records.values()].some((each) => each !== lacking && foldAddress(each.fields['email']) === address);
  return live.length === 0 ? isTakenFrom() : live.some(isTakenFrom);
}

/** What people see who look for the record that was made for a shard: every create that was about to be sent is remembered by its key. */
export class MadeRecords {
  readonly #world: TwoWayWorld;
  readonly #shardIds = new Map<string, string>();

  constructor(world: TwoWayWorld) {
    this.#world = world;
    const { pushLanes } = world.deps;
    const put = pushLanes.put.bind(pushLanes);
    pushLanes.put = (scope, write) => {
      for (const { kind, idempotencyKey = '', shardId } of write.document.batch?.intents ?? []) {
        if (kind === 'create') this.#shardIds.set(idempotencyKey, shardId);
      }
      return put(scope, write);
    };
  }

  /** A record that is there, was made for the shard, and is not one of its sources. */
  find(shardId: string, system: FakeSystem): string | undefined {
    const survivor = this.#survivorOf(shardId);
    const { sources = {} } = this.#world.shards().find(({ id }) => id === survivor) ?? {};
    const known = new Set(Object.values(sources).map(({ externalId }) => externalId));
    const made = system.live().find(({ id, key = '' }) => {
      const owner = this.#shardIds.get(key);
      return owner !== undefined && !known.has(id) && this.#survivorOf(owner) === survivor;
    });
    return made?.id;
  }

  /**
   * Whether it is told why one of the records is not that of the shard for which it was made: that one was given one of people meanwhile which was the same,
   * or people have to say what became of it.
   */
  isExplained(records: readonly SystemRecord[]): boolean {
    return records.some(({ id, key = '' }) => {
      const owner = this.#shardIds.get(key);
      const system = this.#world.systems.find((each) => each.records.has(id));
      if (owner === undefined || system === undefined) return false;
      const shard = this.#world.shards().find((each) => each.id === this.#survivorOf(owner));
      const others = Object.values(shard?.sources ?? {}).map(({ externalId }) => system.records.get(externalId));
      if (others.some((each) => each?.id === id)) return false;
      const isHeld = problemsOf(this.#world).some(
        (problem) => problem.shardId === shard?.id && problem.system === system && problem.state === 'held',
      );
      return isHeld || others.some((each) => each !== undefined && each.key === undefined);
    });
  }

  /** Whether a record is another shard's than the one that it was made for, and nothing says why. */
  isAstray({ id, key = '' }: SystemRecord, system: FakeSystem): boolean {
    const owner = this.#shardIds.get(key);
    const survivor = owner && this.#survivorOf(owner);
    const shards = this.#world.shards();
    const holder = shards.find(({ sources }) => Object.values(sources).some(({ externalId }) => externalId === id));
    const shard = shards.find((each) => each.id === survivor);
    if (holder === undefined || shard === undefined || holder === shard || shard.status !== 'active') return false;
    const isHeld = problemsOf(this.#world).some((each) => each.shardId === shard.id && each.system === system);
    return !isHeld && !Object.values(shard.sources).some(({ externalId }) => system.records.has(externalId));
  }

  /** The shard that stands for another one, once they were merged. */
  #survivorOf(shardId: string): string {
    const { deps, scope } = this.#world;
    const next = deps.shards.peek(scope, { id: shardId })?.document.mergedInto;
    return next === undefined ? shardId : this.#survivorOf(next);
  }
}
