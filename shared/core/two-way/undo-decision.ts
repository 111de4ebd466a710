import { sameValue } from '../canonical.ts';
import { definedOnly } from '../defined-only.ts';
import type { Cause } from '../documents/cause.ts';
import type { HeldFields, ShardDocument, ShardSource } from '../documents/shard.ts';
import { setPath } from '../identity/survivorship.ts';
import type { Json, JsonObject } from '../json.ts';
import { type ConflictDecision, valueOfChoice, writeDecision } from './decide-conflict.ts';
import { isWaiting, oursOf } from './held-values.ts';
import type { PushRoute } from './push-routes.ts';
import { settleHolds } from './settle-holds.ts';

/** One field as it was when it was decided about. */
export interface FieldBefore {
  readonly externalBase: Json | undefined;
  readonly internalBase: Json | undefined;
  readonly ours: Json | undefined;
  readonly theirs: Json | undefined;
  /** Where our value came from. */
  readonly edit: { readonly at: string; readonly by: string } | undefined;
}

/** A decision that was carried out, with what it was made about. */
export interface TakenDecision extends ConflictDecision {
  /** Since when it had been held. */
  readonly since: string;
  readonly before: Readonly<Record<string, FieldBefore>>;
  /** Of a record that was deleted on one side. */
  readonly deleted?:
    | {
        readonly where: 'here' | 'there';
        readonly deletion: ShardDocument['deletion'];
        /** The shard's records that were there. */
        readonly live: readonly string[];
      }
    | undefined;
}

/** `fields` names what has gone on since. */
export type Undo =
  | { readonly kind: 'undone'; readonly document: ShardDocument }
  | { readonly kind: 'refused'; readonly reason: string; readonly fields: readonly string[] };

/**
 * Takes a decision back where nothing has gone on from it: the values are ours again, and are held for a new decision against what the other side
 * showed then. What is held is not pushed, so the other side keeps what the first decision made of it until then.
 */
export function undoDecision(
  shard: ShardDocument,
  linkId: string,
  taken: TakenDecision,
  routes: readonly PushRoute[],
  cause: Cause,
): Undo {
  const source = shard.sources[linkId];
  const reason = source === undefined ? 'The record has left the shard since.' : findObstacle(shard, source, taken);
  if (source === undefined || reason !== undefined) return { kind: 'refused', reason: reason ?? '', fields: [] };
  const fields = Object.keys(taken.fields).filter((field) => !isStill(shard, taken, field));
  if (fields.length > 0) return { kind: 'refused', reason: 'The values have been changed since.', fields };
  const data = structuredClone(shard.data) as JsonObject;
  const edits = { ...shard.edits };
  for (const field of Object.keys(taken.fields)) {
    const { ours, edit } = taken.before[field] ?? {};
    setPath(data, field.split('.'), ours);
    if (edit === undefined) delete edits[field];
    else edits[field] = edit;
  }
  const { deleted } = taken;
  const status = deleted?.where === 'here' ? 'deleted' : 'active';
  const others = withOtherDeletions(withoutRecreation(shard.sources, taken), taken);
  const sources = { ...settleHolds({ data, status, sources: others }), [linkId]: holdAgain(source, taken) };
  const deletion = deleted === undefined ? shard.deletion : deleted.deletion;
  const document = writeDecision(shard, { data, sources, edits, status, deletion }, cause, routes);
  return { kind: 'undone', document };
}

function findObstacle(shard: ShardDocument, source: ShardSource, taken: TakenDecision): string | undefined {
  const { decided, held } = source;
  if (decided?.conflictId !== taken.conflictId || decided.number !== taken.number)
    return 'Another conflict of the record has been decided since.';
  if (isWaiting(held)) return 'The record has a conflict that waits: decide that one.';
  if (taken.deleted === undefined) {
    return source.deleted || shard.status !== 'active' ? 'The record has been deleted since.' : undefined;
  }
  if (!sameValue([...liveLinks(shard)], [...taken.deleted.live]))
    return 'It has been carried out at the other systems.';
  const status = taken.deletion === 'delete' ? 'deleted' : 'active';
  return shard.status === status ? undefined : 'The record has been deleted, or has come to life again, since.';
}

/** The links to records of the shard that are there. */
export function liveLinks(shard: Pick<ShardDocument, 'sources'>): string[] {
  return Object.entries(shard.sources)
    .filter(([, { deleted }]) => !deleted)
    .map(([linkId]) => linkId)
    .sort();
}

function isStill(shard: ShardDocument, { fields, before }: TakenDecision, field: string): boolean {
  const choice = fields[field];
  const was = before[field];
  if (choice === undefined || was === undefined) return false;
  return sameValue(oursOf(shard, field), valueOfChoice(choice, was.ours, was.theirs));
}

function holdAgain(source: ShardSource, taken: TakenDecision): ShardSource {
  const { decided: _decided, recreate: _recreate, internalBase, ...rest } = source;
  const agreements = { ...internalBase };
  const fields: HeldFields['fields'] = {};
  for (const [field, { externalBase, internalBase: base, theirs }] of Object.entries(taken.before)) {
    // Also where it is still shown: a push of the decision may be under way.
    fields[field] = definedOnly({ externalBase, internalBase: base, theirs: definedOnly({ value: theirs }) });
    delete agreements[field];
  }
  return {
    ...rest,
    ...(Object.keys(agreements).length === 0 ? {} : { internalBase: agreements }),
    held: {
      conflictId: taken.conflictId,
      since: taken.since,
      fields,
      ...(taken.deleted === undefined ? {} : { deletion: taken.deleted.where }),
    },
  };
}

/** What would have been created anew because the shard had come to life again stays deleted. */
function withoutRecreation(sources: ShardDocument['sources'], { deleted, deletion }: TakenDecision): typeof sources {
  if (deleted?.where !== 'here' || deletion !== 'keep') return sources;
  return Object.fromEntries(
    Object.entries(sources).map(([linkId, { recreate: _recreate, ...source }]) => [linkId, source]),
  );
}

/** Other records that are gone waited to be decided about as well, until the shard was deleted with this one. */
function withOtherDeletions(sources: ShardDocument['sources'], { deleted, deletion }: TakenDecision): typeof sources {
  if (deleted?.where !== 'there' || deletion !== 'delete') return sources;
  const all = Object.values(sources);
  const isReplaced = ({ integrationId, object }: ShardSource) =>
    all.some((other) => !other.deleted && other.integrationId === integrationId && other.object === object);
  const asks = (source: ShardSource): boolean =>
    source.deleted && source.recreate !== true && source.archived !== true && !isReplaced(source);
  return Object.fromEntries(
    Object.entries(sources).map(([linkId, source]): [string, ShardSource] =>
      source.held !== undefined && asks(source)
        ? [linkId, { ...source, held: { ...source.held, deletion: 'there' } }]
        : [linkId, source],
    ),
  );
}
