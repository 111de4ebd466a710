import { sameValue } from '../canonical.ts';
import { definedOnly } from '../defined-only.ts';
import type { Cause } from '../documents/cause.ts';
import type { ShardDocument } from '../documents/shard.ts';
import { readPath } from '../field-path.ts';
import type { Json, JsonObject } from '../json.ts';
import { searchText } from '../search-text.ts';
import { heldCreates } from '../two-way/doubtful-creates.ts';
import { settleHolds } from '../two-way/settle-holds.ts';
import {
  completeness,
  externalValue,
  leafPaths,
  type Path,
  type Sources,
  type StrategyOf,
  setPath,
} from './survivorship.ts';

/** What is left of a shard that is merged into another: empty, forwarding. */
export function tombstone(
  loser: ShardDocument,
  mergedInto: string,
  buried: NonNullable<ShardDocument['buried']>,
  cause: Cause,
): ShardDocument {
  const {
    absorbed: _absorbed,
    push: _push,
    pushProblems: _problems,
    edits: _edits,
    deletion: _deletion,
    ...rest
  } = loser;
  return {
    ...rest,
    status: 'merged',
    revision: loser.revision + 1,
    data: {},
    text: '',
    sources: {},
    mergedInto,
    buried,
    cause,
    updatedAt: cause.at,
  };
}

/** A shard that was proposed and does not exist, without anything in it: a place to merge into. */
export function emptyShard(
  { id, tenantId, shardTypeId }: Pick<ShardDocument, 'id' | 'tenantId' | 'shardTypeId'>,
  cause: Cause,
): ShardDocument {
  return {
    id,
    tenantId,
    schemaVersion: 1,
    shardTypeId,
    status: 'deleted',
    revision: 1,
    cause,
    createdIn: cause.id,
    data: {},
    text: '',
    sources: {},
    createdAt: cause.at,
    updatedAt: cause.at,
  };
}

/** The tombstone of a shard that was proposed and does not exist: nothing is to be taken over from it. */
export function emptyTombstone(empty: ShardDocument, mergedInto: string): ShardDocument {
  return { ...empty, status: 'merged', mergedInto };
}

/** Whether a survivor has taken over what a tombstone once held. */
export function hasAbsorbed(survivor: ShardDocument, tomb: ShardDocument): boolean {
  return tomb.buried === undefined || survivor.absorbed?.some(({ shardId }) => shardId === tomb.id) === true;
}

/**
 * The survivor with all that the loser had: its sources, and per field the value that the strategy says, out of the sources' value and what was
 * edited on either side. The same whichever of the two is called survivor, but for edits on both.
 */
export function absorbShard(
  survivor: ShardDocument,
  loser: ShardDocument,
  imageId: string,
  strategies: StrategyOf,
  cause: Cause,
): ShardDocument {
  const sources = uniteSources(survivor.sources, loser.sources);
  const bases = Object.values(sources).map((source) => source.externalBase);
  const data: JsonObject = {};
  for (const path of leafPaths([survivor.data, loser.data, ...bases])) {
    const strategy = strategies(path);
    const external = externalValue(sources, path, strategy);
    const edits = [survivor, loser]
      .map((shard) => editOf(shard, path, strategy) ?? undefined)
      .filter((edit) => edit !== undefined);
    setPath(data, path, pick(external, edits, strategy));
  }
  const { deletion: _deletion, pushProblems, ...rest } = survivor;
  const isDeleted = survivor.status === 'deleted' && loser.status === 'deleted';
  const deletion = isDeleted ? (survivor.deletion ?? loser.deletion) : undefined;
  const status = deletion === undefined ? statusOf(sources, isDeleted) : 'deleted';
  const held = [loser, survivor].map((each) =>
    heldCreates({ sources, ...definedOnly({ pushProblems: each.pushProblems }) }),
  );
  const problems = Object.assign({ ...pushProblems }, ...held);
  return {
    ...rest,
    ...definedOnly({ deletion }),
    ...(Object.keys(problems).length === 0 ? {} : { pushProblems: problems }),
    status,
    revision: survivor.revision + 1,
    data,
    text: searchText(data),
    sources: settleHolds({ data, status, sources }),
    absorbed: [
      ...(survivor.absorbed ?? []),
      ...(loser.absorbed ?? []),
      { shardId: loser.id, by: survivor.id, imageId },
    ],
    cause,
    updatedAt: cause.at,
  };
}

/** The later look at a record stands, should both sides have it. */
function uniteSources(left: Sources, right: Sources): Sources {
  const united = { ...left };
  for (const [linkId, source] of Object.entries(right)) {
    const present = united[linkId];
    if (present === undefined || isLater(source, present)) united[linkId] = source;
  }
  return united;
}

export function isLater(left: Sources[string], right: Sources[string]): boolean {
  const [a, b] = [left.observed, right.observed];
  return a.fence === b.fence ? a.page > b.page : a.fence > b.fence;
}

export function statusOf(sources: Sources, otherwiseDeleted: boolean): 'active' | 'deleted' | 'archived' {
  const all = Object.values(sources);
  if (all.length === 0) return otherwiseDeleted ? 'deleted' : 'active';
  return all.every(isGone) ? goneStatus(sources) : 'active';
}

/** The record is not there any more, and is neither to be created anew nor decided about. */
export function isGone({ deleted, recreate, held }: Sources[string]): boolean {
  return deleted && recreate !== true && held?.deletion !== 'there';
}

/** What a shard is when all its records are gone: one of them that is to be kept keeps it. */
export function goneStatus(sources: Sources): 'deleted' | 'archived' {
  return Object.values(sources).some((source) => source.archived === true) ? 'archived' : 'deleted';
}

/** A value that its sources do not explain was written here. */
function editOf(shard: ShardDocument, path: Path, strategy: ReturnType<StrategyOf>): Json | undefined {
  const value = readPath(shard.data, path);
  return sameValue(value, externalValue(shard.sources, path, strategy)) ? undefined : value;
}

function pick(external: Json | undefined, edits: readonly Json[], strategy: ReturnType<StrategyOf>): Json | undefined {
  const [edit] = edits;
  if (strategy === 'prefer_external') return external ?? edit;
  if (strategy !== 'most_complete') return edit ?? external;
  const all = [...(external === undefined ? [] : [external]), ...edits];
  return all.reduce<Json | undefined>(
    (best, value) => (best === undefined || completeness(value) > completeness(best) ? value : best),
    undefined,
  );
}
