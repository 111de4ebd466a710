import type { ConflictPolicy } from '../../contracts/conflict-policy.ts';
import { sameValue } from '../canonical.ts';
import type { ShardDocument, ShardSource } from '../documents/shard.ts';
import { readPath } from '../field-path.ts';
import { setPath } from '../identity/survivorship.ts';
import { copyJson, type Json, type JsonObject } from '../json.ts';
import { trustedTime } from './decide-field.ts';
import { isSupposed } from './doubtful-creates.ts';
import { agree, type Draft, isTheirTime, openConflict, setAgreements, type TwoWayInput, valueBefore } from './draft.ts';
import { movedFields, type PushRoute } from './push-routes.ts';
import { sameMeaning } from './same-meaning.ts';

/** The record is gone there. What was edited here meanwhile does not vanish with it unless the policy says so. */
export function mergeDeletion(
  input: TwoWayInput,
  shard: ShardDocument,
  before: ShardSource | undefined,
  draft: Draft,
): ShardDocument['deletion'] {
  const { observation, route } = input;
  if (before?.deleted === true) return shard.deletion;
  if (before !== undefined) forgetHeld(before, draft);
  if (route === undefined || shard.status !== 'active') return shard.deletion;
  // An archived record is gone there alone: nothing is deleted elsewhere with it.
  if (draft.source.archived === true || hasSibling(shard, input, draft)) return shard.deletion;
  if (observation.pushed?.kind === 'delete') {
    // The shard came to life again while its record was being deleted.
    draft.source.recreate = true;
    return shard.deletion;
  }
  const deletion = { by: input.linkId, at: observation.modifiedAt ?? input.now };
  const changed = [...changedSince(input, route, shard, before, draft), ...heldElsewhere(input, shard)];
  if (changed.length === 0) return deletion;
  const decision = decideDeletion(input, route, shard, changed);
  if (decision === 'delete') return deletion;
  if (decision === 'keep') {
    draft.source.recreate = true;
    return shard.deletion;
  }
  draft.conflicted = true;
  draft.source.held = { ...openConflict(input, before?.held, draft), fields: {}, deletion: 'there' };
  return shard.deletion;
}

/** What the shard has that the record did not, or that nobody agreed on. Of a record that we made, and never saw alive, that is what was changed since, or anything. */
function changedSince(
  { observation }: TwoWayInput,
  { paths }: PushRoute,
  shard: ShardDocument,
  before: ShardSource | undefined,
  draft: Draft,
): string[] {
  if (before !== undefined) return [...movedFields(shard, before, paths), ...Object.keys(before.held?.fields ?? {})];
  if (observation.pushed !== undefined) draft.source.externalBase = observation.pushed.data;
  return movedFields(shard, draft.source, paths);
}

/** What people of other systems edited, and nobody has decided about yet: who deleted the record knew nothing of it either. */
function heldElsewhere({ linkId }: TwoWayInput, { sources }: ShardDocument): string[] {
  return Object.entries(sources).flatMap(([id, { deleted, held }]) =>
    id === linkId || deleted ? [] : Object.keys(held?.fields ?? {}),
  );
}

/** Fields of a record that is gone wait for nobody. Their bases are again what they were agreed on: should the record come back, they are decided anew. */
function forgetHeld({ held, externalBase, internalBase }: ShardSource, draft: Draft): void {
  if (held === undefined) return;
  const base = copyJson(externalBase as JsonObject);
  const agreements = { ...internalBase };
  for (const [key, field] of Object.entries(held.fields)) {
    setPath(base, key.split('.'), field.externalBase as Json | undefined);
    agree(agreements, key, field.internalBase as Json | undefined, field.externalBase as Json | undefined);
  }
  draft.source.externalBase = base;
  setAgreements(draft, agreements);
  draft.source.held = { conflictId: held.conflictId, since: held.since, fields: {} };
}

/** Another record of the same kind stands for the shard as well: one of two that were the same was removed, not what they stand for. */
function hasSibling(shard: ShardDocument, { linkId }: TwoWayInput, { source: own }: Draft): boolean {
  return Object.entries(shard.sources).some(
    ([id, source]) =>
      id !== linkId && !source.deleted && source.integrationId === own.integrationId && source.object === own.object,
  );
}

function decideDeletion(
  input: TwoWayInput,
  route: PushRoute,
  shard: ShardDocument,
  moved: readonly string[],
): 'delete' | 'keep' | 'ask' {
  const times = moved.flatMap((key) => shard.edits?.[key]?.at ?? []).sort();
  // Of an edit that waits elsewhere the time is not known.
  const isTimed = times.length === moved.length && heldElsewhere(input, shard).length === 0;
  return decideLife(route.conflicts.policy, {
    deletedAt: trustedTime(input.observation.modifiedAt, input.now),
    editedAt: isTimed ? times.at(-1) : undefined,
    deletedHere: false,
  });
}

interface LifeFacts {
  readonly deletedAt: string | undefined;
  readonly editedAt: string | undefined;
  readonly deletedHere: boolean;
}

/** Deletion against edit. Lists are united by keeping what was edited. */
function decideLife(
  policy: ConflictPolicy,
  { deletedAt, editedAt, deletedHere }: LifeFacts,
): 'delete' | 'keep' | 'ask' {
  switch (policy) {
    case 'external_wins':
      return deletedHere ? 'keep' : 'delete';
    case 'internal_wins':
      return deletedHere ? 'delete' : 'keep';
    case 'merge':
      return 'keep';
    case 'manual':
      return 'ask';
    case 'newest': {
      const apartMs = Date.parse(deletedAt ?? '') - Date.parse(editedAt ?? '');
      if (!(Math.abs(apartMs) >= 1000)) return 'ask';
      return apartMs > 0 ? 'delete' : 'keep';
    }
  }
}

/** The record is there. A shard that was deleted comes to life again where it came back, or where the policy lets its edit win. */
export function mergeLife(
  input: TwoWayInput,
  shard: ShardDocument,
  before: ShardSource | undefined,
  draft: Draft,
): ShardDocument['deletion'] {
  const { observation, route } = input;
  releaseDeletion(draft);
  const { pushed } = observation;
  if (shard.deletion === undefined) return undefined;
  const isKnown = before !== undefined && !before.deleted;
  if (pushed !== undefined && (pushed.looked !== true || !isKnown)) {
    // It may be somebody else who is the same: that one is not deleted with a shard that never had a record there.
    if (pushed.supposed === true) holdDeletion(input, before, draft);
    return shard.deletion;
  }
  if (!isKnown || route === undefined) return undefined;
  const moved = observation.feed.paths.filter((path) => {
    const shown = readPath(observation.data, path) as Json | undefined;
    const isOurs = pushed?.fields.includes(path.join('.')) === true;
    return isOurs
      ? !sameMeaning(readPath(pushed.data, path) as Json | undefined, shown)
      : !sameValue(valueBefore(before, path), shown);
  });
  if (moved.length === 0 && before.held?.deletion !== 'here') return shard.deletion;
  const isTimed = moved.some((path) => isTheirTime(input, before, path.join('.')));
  const decision = decideLife(route.conflicts.policy, {
    deletedAt: trustedTime(shard.deletion.at, input.now),
    editedAt: isTimed ? trustedTime(observation.modifiedAt, input.now) : undefined,
    deletedHere: true,
  });
  if (decision === 'keep') return undefined;
  // Of what may be somebody else only a person says that it goes.
  const isSomebodys = before.held?.deletion === 'here' && isSupposed(before);
  if (decision === 'ask' || isSomebodys) holdDeletion(input, before, draft);
  return shard.deletion;
}

/** A person is to say whether the record goes with the shard that was deleted here. */
function holdDeletion(input: TwoWayInput, before: ShardSource | undefined, draft: Draft): void {
  const isHeld = before?.held?.deletion !== undefined;
  if (!isHeld) draft.conflicted = true;
  draft.source.held = {
    ...openConflict(input, isHeld ? before.held : draft.source.held, draft),
    fields: draft.source.held?.fields ?? {},
    deletion: 'here',
  };
}

function releaseDeletion(draft: Draft): void {
  if (draft.source.held?.deletion === undefined) return;
  const { deletion: _deletion, ...held } = draft.source.held;
  draft.source.held = held;
}

/** There is a record again, created anew or found: the one that was deleted there is done with. */
export function forgetRecreation(input: TwoWayInput, sources: Record<string, ShardSource>): void {
  for (const [linkId, { recreate, ...source }] of Object.entries(sources)) {
    const isSame =
      source.integrationId === input.route?.integrationId && source.object === input.observation.feed.object;
    if (recreate === true && isSame) sources[linkId] = source;
  }
}

/** What was deleted at the other systems with the shard is created there anew. */
export function reviveElsewhere(
  input: Pick<TwoWayInput, 'linkId' | 'routes'>,
  sources: Record<string, ShardSource>,
): void {
  for (const [linkId, source] of Object.entries(sources)) {
    const isWritten = input.routes.some(
      ({ integrationId, object }) => integrationId === source.integrationId && object === source.object,
    );
    const hasLive = Object.entries(sources).some(
      ([id, other]) =>
        (id === input.linkId || !other.deleted) &&
        other.integrationId === source.integrationId &&
        other.object === source.object,
    );
    if (linkId !== input.linkId && source.deleted && isWritten && !hasLive)
      sources[linkId] = { ...source, recreate: true };
  }
}
