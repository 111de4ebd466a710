import { sameValue } from '../../../shared/core/canonical.ts';
import type { ShardDocument } from '../../../shared/core/documents/shard.ts';
import { readPath } from '../../../shared/core/field-path.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Deeds } from './deeds.ts';
import { type Field, type Program, pathOf, wholePart } from './program.ts';
import type { TwoWayWorld } from './world.ts';

/** Whether all that happens in a system is to be seen everywhere, and the other way round. */
export function isWhole({ systems }: Program, index: number): boolean {
  const { part = wholePart } = systems[index] ?? {};
  return sameValue({ ...part }, { ...wholePart });
}

export function areAllWhole(program: Program): boolean {
  return program.systems.every((_, index) => isWhole(program, index));
}

export function shardsByRecord(world: TwoWayWorld): Map<string, ShardDocument> {
  return new Map(
    world
      .shards()
      .flatMap((shard) =>
        Object.values(shard.sources).map(({ externalId }): [string, ShardDocument] => [externalId, shard]),
      ),
  );
}

/** Of the shard and its records. */
export function idsOf(shard: ShardDocument): string[] {
  return [shard.id, ...Object.values(shard.sources).map(({ externalId }) => externalId)];
}

export function wasDeleted(shard: ShardDocument, deeds: Deeds): boolean {
  return idsOf(shard).some((id) => deeds.deleted.has(id));
}

/** Whether a person said late which record is the shard's: somebody whom it had been taken for is one with it, by the strategies of the match rules, and had records too. */
export function wasSettled({ id, absorbed = [] }: ShardDocument, deeds: Deeds): boolean {
  return [id, ...absorbed.map(({ shardId }) => shardId)].some((each) => deeds.settled.has(each));
}

/** Whether the engine wrote over an edit of the field that nobody could know of. */
export function isOverwritten(world: TwoWayWorld, shard: ShardDocument, field: Field): boolean {
  const ids = new Set(idsOf(shard));
  return world.systems.some(({ writes }) =>
    writes.some(({ id, overwritten }) => ids.has(id) && overwritten.includes(field)),
  );
}

export function valueHere(shard: ShardDocument, field: Field): Json | undefined {
  return readPath(shard.data as Json, pathOf(field).split('.'));
}
