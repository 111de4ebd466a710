import { canonicalText, sameValue, shortHash } from '../canonical.ts';
import type { Reverted, Reverter } from '../conversion/compile-reverse.ts';
import type { AnswerQuestions } from '../conversion/deferral.ts';
import { definedOnly } from '../defined-only.ts';
import type { PushIntent } from '../documents/push-lane.ts';
import type { ShardDocument, ShardSource } from '../documents/shard.ts';
import { readPath, writePath } from '../field-path.ts';
import { type Path, setPath } from '../identity/survivorship.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { ownValue } from '../own-value.ts';
import { routeKeyOf } from './doubtful-creates.ts';
import { agreedValue, type PushNeed, type PushRoute, printOf, pushNeeds } from './push-routes.ts';

/** A write that cannot be made, because the mapping does not lead back. */
export interface Unwritable {
  readonly shardId: string;
  readonly print: string;
  readonly errors: readonly { readonly field: string; readonly message: string }[];
}

export interface PushPlan {
  readonly intents: readonly PushIntent[];
  readonly unwritable: readonly Unwritable[];
}

/** One need of one shard, with the data that is written and what it is compared with. */
interface Draft {
  readonly shard: ShardDocument;
  readonly need: PushNeed;
  readonly print: string;
  readonly source: ShardSource | undefined;
  /** The shard as the provider is to show it: held fields as they were agreed on. */
  readonly wanted: JsonObject;
  /** The same with the values that the provider has. */
  readonly known: JsonObject;
  readonly fields: readonly string[];
}

/** The writes that shards need at one route, in the provider's terms. */
export async function planPush(
  shards: readonly ShardDocument[],
  route: PushRoute,
  reverter: Reverter,
  answer: AnswerQuestions,
): Promise<PushPlan> {
  const drafts = shards.flatMap((shard) => {
    const needs = pushNeeds(shard, route);
    const print = printOf(shard, route, needs);
    return needs.map((need) => draftOf(shard, route, need, print));
  });
  const written = drafts.filter(({ need }) => need.kind !== 'delete');
  const [wanted, known] = [
    await reverter.revert(
      written.map((draft) => draft.wanted),
      answer,
    ),
    await reverter.revert(
      written.map((draft) => draft.known),
      answer,
    ),
  ];
  const intents: PushIntent[] = [];
  const unwritable: Unwritable[] = [];
  for (const draft of drafts) {
    if (draft.need.kind === 'delete') intents.push(intentOf(route, draft, {}));
  }
  for (const [index, draft] of written.entries()) {
    const made = wanted[index];
    if (made === undefined || !made.ok) {
      unwritable.push({ shardId: draft.shard.id, print: draft.print, errors: made?.errors ?? [] });
      continue;
    }
    intents.push(intentOf(route, draft, bodyOf(draft, made.record, known[index])));
  }
  return { intents, unwritable };
}

function draftOf(shard: ShardDocument, route: PushRoute, need: PushNeed, print: string): Draft {
  const source = need.kind === 'create' ? undefined : shard.sources[need.linkId];
  const moved = need.kind === 'update' ? need.fields : route.paths.map((path) => path.join('.'));
  const wanted: JsonObject = {};
  const known: JsonObject = {};
  for (const path of route.paths) {
    const key = path.join('.');
    const agreed = source === undefined ? undefined : agreedValue(source, path);
    const value = moved.includes(key) ? (readPath(shard.data, path) as Json | undefined) : agreed;
    put(wanted, path, value);
    put(known, path, agreed);
  }
  return { shard, need, print, source, wanted, known, fields: moved };
}

function put(target: JsonObject, path: Path, value: Json | undefined): void {
  if (value !== undefined) setPath(target, path, value);
}

function bodyOf({ need }: Draft, record: JsonObject, known: Reverted | undefined): JsonObject {
  if (need.kind === 'create') return withoutNulls(record);
  // What the provider has may not lead back, and then nothing is known to be the same.
  return patchOf(known?.ok === true ? known.record : {}, record);
}

/** What of `after` differs from `before`: objects member by member, null for what is gone. */
export function patchOf(before: JsonObject, after: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [from, to] = [ownValue(before, name), ownValue(after, name)];
    if (sameValue(from, to)) continue;
    if (isJsonObject(from) && (isJsonObject(to) || to === undefined)) writePath(patch, [name], patchOf(from, to ?? {}));
    else writePath(patch, [name], to ?? null);
  }
  return patch;
}

function withoutNulls(record: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}

function intentOf(route: PushRoute, draft: Draft, body: JsonObject): PushIntent {
  const { shard, need, source, print, fields } = draft;
  return {
    shardId: shard.id,
    shardTypeId: shard.shardTypeId,
    object: route.object,
    kind: need.kind,
    print,
    data: need.kind === 'delete' ? {} : draft.wanted,
    fields: [...fields],
    body,
    ...(need.kind === 'create'
      ? { idempotencyKey: idempotencyKeyOf(shard, route, body) }
      : definedOnly({
          linkId: need.linkId,
          externalId: source?.externalId,
          observed: source?.observed,
          expected: expectedOf(source),
        })),
  };
}

/** A record that is created anew after it was deleted there is another one, and so is one with other values. */
function idempotencyKeyOf(shard: ShardDocument, route: PushRoute, body: JsonObject): string {
  const earlier = Object.values(shard.sources).filter(
    ({ integrationId, object }) => integrationId === route.integrationId && object === route.object,
  ).length;
  return shortHash(canonicalText([shard.id, routeKeyOf(route), earlier, body]));
}

/** What the provider showed of a record when a write was decided on. */
export function expectedOf(source: ShardSource | undefined): PushIntent['expected'] {
  const expected = definedOnly({ revision: source?.externalRevision, modifiedAt: source?.modifiedAt });
  return Object.keys(expected).length === 0 ? undefined : expected;
}
