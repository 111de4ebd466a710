import type { PushIntent } from '../documents/push-lane.ts';
import type { PushProblem, ShardDocument, ShardSource } from '../documents/shard.ts';
import { readPath } from '../field-path.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Observation, Pushed } from '../observation.ts';
import { sameMeaning } from './same-meaning.ts';

type Problems = NonNullable<ShardDocument['pushProblems']>;
type Place = { readonly integrationId: string; readonly object: string };

export function routeKeyOf({ integrationId, object }: Place): string {
  return `${integrationId}:${object}`;
}

export function integrationOfKey(routeKey: string): string {
  return routeKey.slice(0, routeKey.indexOf(':'));
}

/** By this a shard is found of which a create is held while it is pending at another object of the integration. */
export function hiddenHeldMark(integrationId: string): string {
  return `${integrationId}-held`;
}

/** Creates that may have happened: they stand until there is a record, whatever becomes of the shard and its routes. Forgotten, they would be made twice. */
export function heldCreates({ sources, pushProblems = {} }: Pick<ShardDocument, 'sources' | 'pushProblems'>): Problems {
  const live = new Set(Object.values(sources).flatMap((source) => (source.deleted ? [] : [routeKeyOf(source)])));
  return Object.fromEntries(
    Object.entries(pushProblems).filter(([key, { state }]) => state === 'held' && !live.has(key)),
  );
}

/** A shard has its data, a source's base, and this beside them, and a document may have 2 MB. */
const mostSentBytes = 64_000;

/** What is kept of a create that is held, to know the record that it made. */
export function keepSent({ data, fields }: Pick<PushIntent, 'data' | 'fields'>): Pick<PushProblem, 'sent'> {
  const sent = { data, fields };
  return Buffer.byteLength(JSON.stringify(sent)) > mostSentBytes ? {} : { sent };
}

/** A create that is under way or held: what was sent, and for which shard. */
export interface DoubtfulCreate {
  readonly shardId: string;
  /** Where that one has been merged: the shard that it is by now. */
  readonly survivorId?: string | undefined;
  readonly shardTypeId: string;
  readonly object: string;
  readonly sent: Readonly<Pick<NonNullable<PushProblem['sent']>, 'data' | 'fields'>>;
}

/** Whether a record shows all that was sent, but for how the provider writes it, and that is something. */
export function showsSent(
  { data, fields }: DoubtfulCreate['sent'],
  shown: JsonObject,
  paths: Observation['feed']['paths'],
): boolean {
  const known = new Set(paths.map((path) => path.join('.')));
  let filled = 0;
  for (const field of fields) {
    const path = field.split('.');
    const sent = readPath(data as JsonObject, path) as Json | undefined;
    if (!known.has(field) || !sameMeaning(sent, readPath(shown, path) as Json | undefined)) return false;
    if (!sameMeaning(sent, undefined)) filled += 1;
  }
  return filled > 0;
}

/** A record that nobody has seen before, and the create that it is the answer to. */
export interface KnownCreated<T> {
  readonly record: T;
  readonly create: DoubtfulCreate;
  readonly pushed: Pushed;
}

/** A record that has no shard yet, or a link alone that names one. */
export interface Candidate {
  readonly observation: Observation;
  readonly shardId?: string | undefined;
}

/**
 * Which records creates in doubt have made: those with a link to the shard of one, and new ones that show every value that was sent. Two that show the same
 * cannot be told apart by anything that the product knows of them. A create made one record at most.
 *
 * @param isMatched match rules may have tied a record to the shard: then it has to show what was sent as well
 */
export function knowCreated<T extends Candidate>(
  records: readonly T[],
  creates: readonly DoubtfulCreate[],
  isMatched = false,
): KnownCreated<T>[] {
  const left = [...creates];
  const find = (record: T, isMade: (create: DoubtfulCreate) => boolean): KnownCreated<T>[] => {
    const { feed, deleted, pushed } = record.observation;
    if (deleted || pushed !== undefined) return [];
    const place = left.findIndex(
      (create) => create.object === feed.object && create.shardTypeId === feed.shardTypeId && isMade(create),
    );
    const [create] = place < 0 ? [] : left.splice(place, 1);
    if (create === undefined) return [];
    const { data, fields } = create.sent;
    const seen = { looked: true, supposed: true, createdFor: create.shardId } as const;
    return [{ record, create, pushed: { kind: 'create', data: data as JsonObject, fields, ...seen } }];
  };
  const isShown = ({ observation: { data, feed } }: T, { sent }: DoubtfulCreate) => showsSent(sent, data, feed.paths);
  const linked = records.filter(({ shardId }) => shardId !== undefined);
  const others = records.filter(({ shardId }) => shardId === undefined);
  const isOwn = (record: T, create: DoubtfulCreate) =>
    record.shardId === (create.survivorId ?? create.shardId) && (!isMatched || isShown(record, create));
  return [
    ...linked.flatMap((record) => find(record, (create) => isOwn(record, create))),
    ...others.flatMap((record) => find(record, (create) => isShown(record, create))),
  ];
}

/** Begins what is said of a source that brought a record which was there already when the shard was to be created. */
export const metBy = 'met by ';

const supposedBy = 'push seen by ';

/** What is said of a source that brought a record which was taken for what a create had made, by what it shows. */
export function describeSupposed(causeId: string, { createdFor }: Pushed): string {
  return createdFor === undefined ? `${supposedBy}${causeId}` : `${supposedBy}${causeId} for ${createdFor}`;
}

/** Whether a record was taken for what a create of ours had made. */
export function isSupposed({ addedIn }: Pick<ShardSource, 'addedIn'>): boolean {
  return addedIn?.startsWith(supposedBy) === true;
}

/**
 * Whether a create was taken to have made another record than this one: nothing told the two apart, and a create made one at most.
 *
 * @param createdFor the shard that it was for; any create of the shard and of those that were merged into it, unless given
 * @param told ids of records of which it is told by now which creates have made them
 */
export function isTaken(
  { sources }: Pick<ShardDocument, 'sources'>,
  { integrationId, object, externalId }: Place & { readonly externalId: string },
  createdFor?: string,
  told: ReadonlySet<string> = new Set(),
): boolean {
  return Object.values(sources).some(
    (source) =>
      !source.deleted &&
      isSupposed(source) &&
      !told.has(source.externalId) &&
      (createdFor === undefined || source.addedIn?.endsWith(` for ${createdFor}`) === true) &&
      source.integrationId === integrationId &&
      source.object === object &&
      source.externalId !== externalId,
  );
}

/** Nobody was known of whom it was a record: it was seen before anybody could say whose it is, and taken for somebody new. */
export function isMadeOf(
  { createdIn, sources }: Pick<ShardDocument, 'createdIn' | 'sources'>,
  linkId: string,
): boolean {
  return createdIn !== undefined && sources[linkId]?.addedIn === createdIn;
}
