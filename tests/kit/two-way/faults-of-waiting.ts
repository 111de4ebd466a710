import { sameValue } from '../../../shared/core/canonical.ts';
import type { ShardDocument, ShardSource } from '../../../shared/core/documents/shard.ts';
import { readPath } from '../../../shared/core/field-path.ts';
import type { Json } from '../../../shared/core/json.ts';
import { sameMeaning } from '../../../shared/core/two-way/same-meaning.ts';
import type { Deeds } from './deeds.ts';
import { theirsAt } from './faults-of-decisions.ts';
import { fields, pathOf } from './program.ts';

/** What waits for people is a difference that is there: fields that say two things, or a record that is gone on one side alone. */
export function findFaultsOfHolds(before: ShardDocument | undefined, after: ShardDocument): string[] {
  return Object.entries(after.sources).flatMap(([linkId, source]) => {
    const { fields: held = {}, deletion } = source.held ?? {};
    const was = before?.sources[linkId];
    const faults = Object.keys(held).flatMap((field) => {
      const ours = readPath(after.data, field.split('.')) as Json | undefined;
      if (sameMeaning(ours, theirsAt(source, field))) return [`${field} waits, and says the same on both sides`];
      return was !== undefined && isForgotten(was, source, field) ? [`what was theirs of ${field} is forgotten`] : [];
    });
    if (was !== undefined && sameValue(was.decided ?? null, source.decided ?? null)) {
      const settled = Object.keys(was.held?.fields ?? {}).filter((field) => !(field in held));
      faults.push(
        ...settled
          .filter((field) => !isSettledWell(was, source, after, field))
          .map((field) => `${field} waits no more, and is not agreed on`),
      );
    }
    if (source.deleted && Object.keys(held).length > 0) faults.push('fields of a record that is gone wait');
    const isThere = deletion === 'here' ? after.status === 'deleted' : after.status === 'active';
    if (deletion !== undefined && (!isThere || source.deleted === (deletion === 'here')))
      faults.push(`a deletion ${deletion} waits, and it is ${after.status}`);
    return faults.map((each) => `${after.id} ${source.externalId}: ${each}`);
  });
}

/** What a decision that was taken back had overwritten: it is theirs as long as nothing else is shown. */
function isForgotten(was: ShardSource, { held, externalBase }: ShardSource, field: string): boolean {
  const [known, now] = [was.held?.fields[field]?.theirs, held?.fields[field]?.theirs];
  const isShown = sameValue(readPath(was.externalBase, field.split('.')), readPath(externalBase, field.split('.')));
  return known !== undefined && isShown && !(now !== undefined && sameValue(known.value, now.value));
}

/** What both sides agreed on, each may write its own way, and it says what the record shows: else what is lacking there is not known. */
export function findFaultsOfAgreements(after: ShardDocument): string[] {
  return Object.values(after.sources).flatMap(({ deleted, externalId, internalBase = {}, externalBase }) =>
    Object.entries(internalBase).flatMap(([field, agreed]) => {
      const shown = readPath(externalBase, field.split('.')) as Json | undefined;
      const isSame = deleted || sameMeaning(agreed.value as Json | undefined, shown);
      return isSame
        ? []
        : [
            `${after.id}: ${field} is agreed on as ${JSON.stringify(agreed.value)}, and ${externalId} shows ${JSON.stringify(shown)}`,
          ];
    }),
  );
}

/** What was settled without a decision as both sides say the same is agreed on, unless theirs is to be written again. */
function isSettledWell(was: ShardSource, source: ShardSource, { data }: ShardDocument, field: string): boolean {
  const [ours, shown] = [data, source.externalBase].map((each) => readPath(each, field.split('.')) as Json | undefined);
  if (source.deleted || !sameMeaning(ours, theirsAt(was, field))) return true;
  const known = source.internalBase?.[field];
  const agreed = known === undefined ? shown : (known.value as Json | undefined);
  const isLacking = !sameValue(ours, agreed) && !sameValue(ours, shown);
  return isLacking !== sameMeaning(ours, shown);
}

/** What was refused, as it was when that was noted. */
interface Refused {
  readonly at: string;
  readonly print: string;
  readonly state: string;
}

/** A refusal stands for what was refused: as long as the shard and its record there are what they were. */
export class Refusals {
  readonly #noted = new Map<string, Refused>();
  readonly #deeds: Deeds;

  constructor(deeds: Deeds) {
    this.#deeds = deeds;
  }

  note(before: ShardDocument | undefined, after: ShardDocument): string[] {
    return [...this.#outlived(after), ...(before === undefined ? [] : this.#forgotten(before, after))];
  }

  /** A refusal stands until something else is to be written, and a create in doubt until there is a record; or until somebody says so. */
  #forgotten(before: ShardDocument, after: ShardDocument): string[] {
    const ids = [after.id, ...(after.absorbed ?? []).map(({ shardId }) => shardId)];
    if (after.status === 'merged' || ids.some((id) => this.#deeds.settled.has(id) || this.#deeds.retried.has(id)))
      return [];
    return Object.entries(before.pushProblems ?? {}).flatMap(([key, { state }]) => {
      if (after.pushProblems?.[key] !== undefined) return [];
      // Of several records of a shard, it is not told which one was refused.
      const isUnclear = state === 'failed' && (liveAt(before, key).length > 1 || liveAt(after, key).length > 1);
      const isOver =
        state === 'held'
          ? liveAt(after, key).length > 0
          : isUnclear ||
            stateAt(before, key) !== stateAt(after, key) ||
            after.push?.[key.slice(0, key.indexOf(':'))] !== 'pending';
      return isOver ? [] : [`${after.id} ${key}: it was ${state}, and nobody knows any more`];
    });
  }

  #outlived(after: ShardDocument): string[] {
    return Object.entries(after.pushProblems ?? {}).flatMap(([key, { state, at, print }]) => {
      if (state !== 'failed' || liveAt(after, key).length > 1) return [];
      const place = `${after.id} ${key}`;
      const known = this.#noted.get(place);
      const now = { at, print, state: stateAt(after, key) };
      this.#noted.set(place, now);
      const isKnown = known !== undefined && known.at === at && known.print === print;
      return isKnown && known.state !== now.state ? [`${place}: what was refused stands for ${now.state}`] : [];
    });
  }
}

function liveAt({ sources }: ShardDocument, key: string): ShardSource[] {
  return Object.values(sources).filter(
    ({ integrationId, object, deleted }) => !deleted && `${integrationId}:${object}` === key,
  );
}

/** What would be written, and of which record in which state. */
function stateAt(shard: ShardDocument, key: string): string {
  const live = liveAt(shard, key);
  const [one] = live;
  const revision = one?.externalRevision ?? one?.externalVersion ?? one?.externalBase ?? null;
  const values = fields.map((field) => readPath(shard.data, pathOf(field).split('.')) ?? null);
  return JSON.stringify([shard.status, values, live.map(({ externalId }) => externalId), revision]);
}
