import { apiOrigin, idPrefixes } from '../../contracts/identifiers.ts';
import { canonicalText, shortHash } from '../canonical.ts';
import { definedOnly } from '../defined-only.ts';
import type { ConflictDocument, ConflictField, ConflictOrigin } from '../documents/conflict.ts';
import type { ShardDocument, ShardSource } from '../documents/shard.ts';
import type { Json } from '../json.ts';
import { ownValue } from '../own-value.ts';
import { trustedTime } from '../two-way/decide-field.ts';
import { isWaiting, oursOf, theirsOf } from '../two-way/held-values.ts';
import { liveLinks } from '../two-way/undo-decision.ts';
import { ValueRoom } from './keep-value.ts';
import { proposeValue } from './propose-value.ts';

/** What a source holds for people, as a conflict shows it. */
export type Hold = Pick<
  ConflictDocument,
  | 'about'
  | 'integrationId'
  | 'object'
  | 'externalId'
  | 'shardId'
  | 'shardTypeId'
  | 'fields'
  | 'deleted'
  | 'theirs'
  | 'version'
  | 'alike'
  | 'fieldNames'
  | 'since'
>;

/** What waits for people under this conflict; `undefined` when nothing does, or no longer. */
export function readHold(
  shard: ShardDocument | undefined,
  { id, linkId }: Pick<ConflictDocument, 'id' | 'linkId'>,
  now: string,
): Hold | undefined {
  const source = shard?.sources[linkId];
  const held = source?.held;
  if (shard === undefined || source === undefined || held?.conflictId !== id || !isWaiting(held)) return undefined;
  const names = Object.keys(held.fields).sort();
  const room = new ValueRoom();
  const fields = Object.fromEntries(names.map((field) => [field, readField(shard, source, field, room, now)]));
  const about = held.deletion === undefined ? 'fields' : 'deletion';
  const { integrationId, object, externalId } = source;
  const versions = names.map((field) => `${field} ${fields[field]?.version}`);
  return {
    about,
    integrationId,
    object,
    externalId,
    shardId: shard.id,
    shardTypeId: shard.shardTypeId,
    fields,
    ...(held.deletion === undefined ? {} : { deleted: readDeletion(shard, held.deletion) }),
    theirs: {
      ...(source.modifiedAt === undefined ? {} : { modifiedAt: source.modifiedAt }),
      ...(source.externalVersion === undefined ? {} : { version: source.externalVersion }),
    },
    version: shortHash(canonicalText([held.deletion ?? '', versions])),
    alike: shortHash(canonicalText([integrationId, object, shard.shardTypeId, held.deletion ?? '', names])),
    fieldNames: names.length === 0 ? '' : `|${names.join('|')}|`,
    since: held.since,
  };
}

function readField(
  shard: ShardDocument,
  source: ShardSource,
  field: string,
  room: ValueRoom,
  now: string,
): ConflictField {
  const ours = oursOf(shard, field);
  const theirs = theirsOf(source, field);
  const externalBase = source.held?.fields[field]?.externalBase as Json | undefined;
  const internalBase = source.held?.fields[field]?.internalBase as Json | undefined;
  const { value, take, by } = proposeValue({
    externalBase,
    internalBase,
    ours,
    theirs,
    oursAt: trustedTime(ownValue(shard.edits, field)?.at, now),
    theirsAt: trustedTime(source.modifiedAt, now),
  });
  return {
    externalBase: room.keep(externalBase),
    internalBase: room.keep(internalBase),
    ours: room.keep(ours),
    theirs: room.keep(theirs),
    proposed: { value: room.keep(value), take, by },
    origin: originOf(shard, field),
    ...definedOnly({ edit: ownValue(shard.edits, field) }),
    version: shortHash(canonicalText([sideText(ours), sideText(theirs)])),
  };
}

/** Nothing and `null` are different values. */
function sideText(value: Json | undefined): string {
  return value === undefined ? '' : canonicalText(value);
}

function readDeletion(shard: ShardDocument, where: 'here' | 'there'): ConflictDocument['deleted'] {
  const { deletion } = shard;
  return { where, ...(deletion === undefined ? {} : { deletion }), live: liveLinks(shard) };
}

function originOf(shard: ShardDocument, field: string): ConflictOrigin {
  const { cause, revision, createdIn, createdAt } = shard;
  const edit = ownValue(shard.edits, field);
  if (edit === undefined) {
    if (revision === 1 || cause === undefined) return { from: 'creation', id: createdIn ?? shard.id, at: createdAt };
    return nameOrigin(shard, cause.linkId ?? cause.id, cause.at);
  }
  return nameOrigin(shard, edit.by, edit.at);
}

/** @param by link, conflict, or cause of a write */
function nameOrigin({ sources, cause }: ShardDocument, by: string, at: string): ConflictOrigin {
  const integrationId = sources[by]?.integrationId;
  const actorId = cause?.id === by || cause?.linkId === by ? cause.actorId : undefined;
  const origin = { id: by, ...definedOnly({ actorId }), at };
  if (integrationId === apiOrigin) return { from: 'person', ...origin };
  if (integrationId !== undefined) return { from: 'source', ...origin, integrationId };
  if (by.startsWith('conflict_')) return { from: 'decision', ...origin };
  const isPerson = by.startsWith(`${idPrefixes.request}_`) || (cause?.id === by && cause.kind === 'person');
  return { from: isPerson ? 'person' : 'write', ...origin };
}
